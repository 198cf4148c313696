// SPDX-License-Identifier: Apache-2.0
// The CA's certificates as strict verifiers see them.
#include "http/certificate_authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <openssl/x509v3.h>

#include "base/file.h"

namespace sagebrush::http {
namespace {

using testing::EndsWith;

using CertificatePtr = std::unique_ptr<X509, void (*)(X509*)>;

CertificatePtr Parse(const std::string& pem) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return {PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free};
}

// The verifier's word with all of X.509's strict rules on.
std::string Verify(X509* leaf, X509* ca) {
  const std::unique_ptr<X509_STORE, void (*)(X509_STORE*)> store(X509_STORE_new(), X509_STORE_free);
  X509_STORE_add_cert(store.get(), ca);
  X509_STORE_set_flags(store.get(), X509_V_FLAG_X509_STRICT);
  const std::unique_ptr<X509_STORE_CTX, void (*)(X509_STORE_CTX*)> context(X509_STORE_CTX_new(),
                                                                           X509_STORE_CTX_free);
  X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  X509_verify_cert(context.get());
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

class CertificateAuthorityTest : public testing::Test {
 protected:
  TempFolder folder_ = TempFolder::Create().value();
  std::unique_ptr<CertificateAuthority> authority_ =
      CertificateAuthority::LoadOrCreate(folder_.path(), Clock::System()).value();
};

TEST_F(CertificateAuthorityTest, IsMadeOnceAndLoadedAfterwards) {
  const auto again = CertificateAuthority::LoadOrCreate(folder_.path(), Clock::System());

  ASSERT_TRUE(again.ok()) << again.status().ToString();
  EXPECT_EQ((*again)->certificate_pem(), authority_->certificate_pem());
  struct stat info {};
  ASSERT_EQ(::stat((folder_.path() / "ca.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(CertificateAuthorityTest, LeavesPassStrictVerificationForTheirHostOnly) {
  const std::string hosts[] = {"sts.us-west-2.amazonaws.com", "localhost",
                               "tensorflow_sentiment_analysis.s3.amazonaws.com",
                               std::string(60, 'a') + ".s3.us-west-2.amazonaws.com"};
  const CertificatePtr ca = Parse(authority_->certificate_pem());
  for (const std::string& host : hosts) {
    const auto leaf = authority_->LeafFor(host);
    ASSERT_TRUE(leaf.ok()) << leaf.status().ToString();
    const CertificatePtr certificate = Parse(leaf->certificate_pem);
    EXPECT_EQ(Verify(certificate.get(), ca.get()), "ok") << host;
    EXPECT_EQ(X509_check_host(certificate.get(), host.data(), host.size(), 0, nullptr), 1) << host;
    EXPECT_EQ(X509_check_host(certificate.get(), "other.com", 0, 0, nullptr), 0) << host;
    EXPECT_GE(X509_get_extension_flags(certificate.get()) & EXFLAG_BCONS, 1u);
    EXPECT_NE(X509_get0_subject_key_id(certificate.get()), nullptr);
    EXPECT_NE(X509_get0_authority_key_id(certificate.get()), nullptr);
    EXPECT_THAT(leaf->certificate_pem, EndsWith(authority_->certificate_pem()));
  }
}

TEST_F(CertificateAuthorityTest, AddressesStandAsAddresses) {
  for (const char* address : {"127.0.0.1", "::1"}) {
    const CertificatePtr certificate = Parse(authority_->LeafFor(address)->certificate_pem);
    EXPECT_EQ(X509_check_ip_asc(certificate.get(), address, 0), 1) << address;
  }
}

TEST_F(CertificateAuthorityTest, LeavesAreCachedWithoutCase) {
  EXPECT_EQ(authority_->LeafFor("Host.Example")->certificate_pem,
            authority_->LeafFor("host.example")->certificate_pem);
  EXPECT_NE(authority_->LeafFor("a.example")->private_key_pem,
            authority_->LeafFor("b.example")->private_key_pem);
}

TEST_F(CertificateAuthorityTest, RefusesWhatIsNoHost) {
  for (const std::string host : {"", "a,DNS:b", "a b", "a/b", "*"}) {
    EXPECT_EQ(authority_->LeafFor(host).status().code(), Code::kInvalidArgument) << host;
  }
}

TEST_F(CertificateAuthorityTest, ABrokenKeyIsToldWithWhatToDo) {
  ASSERT_TRUE(WriteFile(folder_.path() / "ca.key", "nonsense").ok());

  const auto loaded = CertificateAuthority::LoadOrCreate(folder_.path(), Clock::System());

  EXPECT_EQ(loaded.status().code(), Code::kDataLoss);
  EXPECT_THAT(loaded.status().message(), testing::HasSubstr("remove ca.pem and ca.key"));
}

}  // namespace
}  // namespace sagebrush::http
