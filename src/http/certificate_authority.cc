// SPDX-License-Identifier: Apache-2.0
// Certificates with OpenSSL 3 (EC P-256). They carry key identifiers, critical basic constraints, subject alternative names and
// serverAuth, since Python's and curl's checks want all of them. Leaves are cached under mutex_; the CA itself never changes.
#include "http/certificate_authority.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cctype>
#include <map>
#include <mutex>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <utility>

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/file.h"
#include "base/strings.h"

namespace sagebrush::http {
namespace {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;

constexpr std::int64_t kDaySeconds = 24 * 60 * 60;
constexpr std::int64_t kAuthorityDays = 3650;
constexpr std::int64_t kLeafDays = 825;  // clients of Apple's refuse longer ones
constexpr std::size_t kMaxLeaves = 1024;
constexpr std::int64_t kLeafCacheSeconds = 30 * kDaySeconds;

Status SslFailure(const std::string& what) {
  char text[256] = "unknown error";
  if (const unsigned long code = ERR_get_error(); code != 0)
    ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return Internal(what + ": " + text);
}

std::string Drained(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

Result<std::string> ToPem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1)
    return SslFailure("cannot write a certificate");
  return Drained(bio.get());
}

Result<std::string> ToPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio ||
      PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return SslFailure("cannot write a key");
  }
  return Drained(bio.get());
}

Result<KeyPtr> NewKey() {
  KeyPtr key(EVP_EC_gen("P-256"));
  if (!key) return SslFailure("cannot make a key");
  return key;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// The name as an object, not as configuration text, so that no host name can smuggle another one in.
bool AddAlternativeName(X509* certificate, const std::string& host) {
  unsigned char address[16];
  std::size_t address_size = 0;
  if (inet_pton(AF_INET, host.c_str(), address) == 1) {
    address_size = 4;
  } else if (inet_pton(AF_INET6, host.c_str(), address) == 1) {
    address_size = 16;
  }
  const std::unique_ptr<GENERAL_NAMES, Freer<GENERAL_NAMES_free>> names(GENERAL_NAMES_new());
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (!names || name == nullptr || sk_GENERAL_NAME_push(names.get(), name) == 0) {
    GENERAL_NAME_free(name);
    return false;
  }
  ASN1_STRING* text = address_size > 0 ? static_cast<ASN1_STRING*>(ASN1_OCTET_STRING_new())
                                       : static_cast<ASN1_STRING*>(ASN1_IA5STRING_new());
  if (text == nullptr) return false;
  GENERAL_NAME_set0_value(name, address_size > 0 ? GEN_IPADD : GEN_DNS, text);
  const int set = address_size > 0
                      ? ASN1_STRING_set(text, address, static_cast<int>(address_size))
                      : ASN1_STRING_set(text, host.data(), static_cast<int>(host.size()));
  return set == 1 && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, 0) == 1;
}

bool SetSerial(X509* certificate) {
  const NumberPtr number(BN_new());
  return number && BN_rand(number.get(), 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetName(X509_NAME* name, const std::string& common_name) {
  const auto add = [name](const char* field, const std::string& value) {
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  constexpr std::size_t kMaxCommonName =
      64;  // X.520's bound; longer host names stand in the alternative name alone
  return add("O", "Sagebrush") && (common_name.size() > kMaxCommonName || add("CN", common_name));
}

bool SetTimes(X509* certificate, std::int64_t begin, std::int64_t end) {
  return ASN1_TIME_set(X509_getm_notBefore(certificate), static_cast<time_t>(begin)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), static_cast<time_t>(end)) != nullptr;
}

std::int64_t NowSeconds(const Clock& clock) { return ToMillis(clock.Now()) / 1000; }

std::optional<std::int64_t> EndSeconds(const X509* certificate) {
  tm parts{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &parts) != 1) return std::nullopt;
  return timegm(&parts);
}

Result<CertificatePtr> MakeAuthorityCertificate(EVP_PKEY* key, const Clock& clock) {
  CertificatePtr certificate(X509_new());
  const std::int64_t now = NowSeconds(clock);
  X509* const raw = certificate.get();
  const bool made = raw != nullptr && X509_set_version(raw, X509_VERSION_3) == 1 &&
                    SetSerial(raw) &&
                    SetTimes(raw, now - kDaySeconds, now + kAuthorityDays * kDaySeconds) &&
                    SetName(X509_get_subject_name(raw), "Sagebrush local authority") &&
                    X509_set_issuer_name(raw, X509_get_subject_name(raw)) == 1 &&
                    X509_set_pubkey(raw, key) == 1 &&
                    AddExtension(raw, raw, NID_subject_key_identifier, "hash") &&
                    AddExtension(raw, raw, NID_authority_key_identifier, "keyid:always") &&
                    AddExtension(raw, raw, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                    AddExtension(raw, raw, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                    X509_sign(raw, key, EVP_sha256()) > 0;
  if (!made) return SslFailure("cannot make the certificate authority");
  return certificate;
}

bool IsHostName(const std::string& host) {
  unsigned char address[16];
  if (inet_pton(AF_INET, host.c_str(), address) == 1 ||
      inet_pton(AF_INET6, host.c_str(), address) == 1)
    return true;
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
  });
}

class FileAuthority final : public CertificateAuthority {
 public:
  FileAuthority(CertificatePtr certificate, KeyPtr key, std::string pem, const Clock* clock)
      : certificate_(std::move(certificate)),
        key_(std::move(key)),
        pem_(std::move(pem)),
        clock_(clock) {}

  const std::string& certificate_pem() const override { return pem_; }

  Result<Leaf> LeafFor(const std::string& asked) override {
    const std::string host = ToLower(asked);
    if (!IsHostName(host)) return InvalidArgument("'" + asked + "' is no host name or address");
    const std::int64_t now = NowSeconds(*clock_);
    const std::lock_guard lock(mutex_);
    const auto found = leaves_.find(host);
    if (found != leaves_.end() && now - found->second.made < kLeafCacheSeconds)
      return found->second.leaf;
    ASSIGN_OR_RETURN(Leaf leaf, Mint(host, now));
    if (leaves_.size() >= kMaxLeaves) leaves_.clear();
    leaves_[host] = {leaf, now};
    return leaf;
  }

 private:
  struct Cached {
    Leaf leaf;
    std::int64_t made = 0;
  };

  Result<Leaf> Mint(const std::string& host, std::int64_t now) {
    ASSIGN_OR_RETURN(const KeyPtr key, NewKey());
    const CertificatePtr certificate(X509_new());
    X509* const raw = certificate.get();
    const std::int64_t wanted_end = now + kLeafDays * kDaySeconds;
    const std::int64_t end =
        std::min(wanted_end, EndSeconds(certificate_.get()).value_or(wanted_end));
    const bool made =
        raw != nullptr && X509_set_version(raw, X509_VERSION_3) == 1 && SetSerial(raw) &&
        SetTimes(raw, now - kDaySeconds, end) && SetName(X509_get_subject_name(raw), host) &&
        X509_set_issuer_name(raw, X509_get_subject_name(certificate_.get())) == 1 &&
        X509_set_pubkey(raw, key.get()) == 1 &&
        AddExtension(raw, certificate_.get(), NID_subject_key_identifier, "hash") &&
        AddExtension(raw, certificate_.get(), NID_authority_key_identifier, "keyid:always") &&
        AddExtension(raw, certificate_.get(), NID_basic_constraints, "critical,CA:FALSE") &&
        AddExtension(raw, certificate_.get(), NID_key_usage, "critical,digitalSignature") &&
        AddExtension(raw, certificate_.get(), NID_ext_key_usage, "serverAuth") &&
        AddAlternativeName(raw, host) && X509_sign(raw, key_.get(), EVP_sha256()) > 0;
    if (!made) return SslFailure("cannot make a certificate for " + host);
    ASSIGN_OR_RETURN(const std::string certificate_text, ToPem(raw));
    ASSIGN_OR_RETURN(const std::string key_text, ToPem(key.get()));
    return Leaf{certificate_text + pem_, key_text};
  }

  const CertificatePtr certificate_;
  const KeyPtr key_;
  const std::string pem_;
  const Clock* const clock_;
  std::mutex mutex_;  // guards leaves_
  std::map<std::string, Cached> leaves_;
};

Result<std::unique_ptr<CertificateAuthority>> Load(const fs::path& certificate_path,
                                                   const fs::path& key_path, const Clock& clock) {
  ASSIGN_OR_RETURN(const std::string certificate_text, ReadFile(certificate_path));
  ASSIGN_OR_RETURN(const std::string key_text, ReadFile(key_path));
  const BioPtr certificate_bio(
      BIO_new_mem_buf(certificate_text.data(), static_cast<int>(certificate_text.size())));
  const BioPtr key_bio(BIO_new_mem_buf(key_text.data(), static_cast<int>(key_text.size())));
  CertificatePtr certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr));
  KeyPtr key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  const bool fits = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  if (!fits) {
    return DataLoss("the certificate authority in " + certificate_path.parent_path().string() +
                    " cannot be read; remove ca.pem and ca.key there to have a new one made");
  }
  if (const auto end = EndSeconds(certificate.get()); end && *end < NowSeconds(clock)) {
    return FailedPrecondition(
        "the certificate authority " + certificate_path.string() +
        " has expired; remove ca.pem and ca.key there to have a new one made");
  }
  ASSIGN_OR_RETURN(std::string pem, ToPem(certificate.get()));
  return std::unique_ptr<CertificateAuthority>(std::make_unique<FileAuthority>(
      std::move(certificate), std::move(key), std::move(pem), &clock));
}

}  // namespace

Result<std::unique_ptr<CertificateAuthority>> CertificateAuthority::LoadOrCreate(
    const fs::path& folder, const Clock& clock) {
  const fs::path certificate_path = folder / "ca.pem";
  const fs::path key_path = folder / "ca.key";
  std::error_code ignored;  // an unreadable folder shows itself in what follows
  if (fs::exists(certificate_path, ignored)) return Load(certificate_path, key_path, clock);

  RETURN_IF_ERROR(MakeFoldersDurably(folder, 0700));
  ASSIGN_OR_RETURN(const KeyPtr key, NewKey());
  ASSIGN_OR_RETURN(const CertificatePtr certificate, MakeAuthorityCertificate(key.get(), clock));
  ASSIGN_OR_RETURN(const std::string key_text, ToPem(key.get()));
  ASSIGN_OR_RETURN(const std::string certificate_text, ToPem(certificate.get()));
  // The key first: a crash in between leaves a key without a certificate, which the next start overwrites.
  RETURN_IF_ERROR(WriteFileDurably(key_path, key_text, 0600));
  RETURN_IF_ERROR(WriteFileDurably(certificate_path, certificate_text, 0644));
  return Load(certificate_path, key_path, clock);
}

}  // namespace sagebrush::http
