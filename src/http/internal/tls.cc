// SPDX-License-Identifier: Apache-2.0
// OpenSSL on a BIO whose two ends are the transport below. Tickets are off: leaves of several hosts share no session.
#include "http/internal/tls.h"

#include <algorithm>
#include <cstring>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <utility>

#include "base/strings.h"

namespace sagebrush::http::internal {

// The functions OpenSSL calls to move bytes; a TlsTransport is their data.
struct TransportBio {
  static int Read(BIO* bio, char* data, int size) {
    auto* self = static_cast<TlsTransport*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    if (!self->received_.empty()) {
      const std::size_t count = std::min(self->received_.size(), static_cast<std::size_t>(size));
      std::memcpy(data, self->received_.view().data(), count);
      self->received_.Consume(count);
      return static_cast<int>(count);
    }
    const Io io = self->next_->TryRead(data, static_cast<std::size_t>(size));
    if (io.kind == Io::Kind::kDone) return static_cast<int>(io.bytes);
    if (io.kind == Io::Kind::kEnd) {
      BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
      return 0;
    }
    if (io.kind == Io::Kind::kFailed) return -1;
    self->next_wants_ = io.kind;
    BIO_set_retry_read(bio);
    return -1;
  }

  static int Write(BIO* bio, const char* data, int size) {
    auto* self = static_cast<TlsTransport*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (size <= 0) return 0;
    const Io io = self->next_->TryWrite({data, static_cast<std::size_t>(size)}, false);
    if (io.kind == Io::Kind::kDone) return static_cast<int>(io.bytes);
    if (io.kind == Io::Kind::kWantRead || io.kind == Io::Kind::kWantWrite) {
      self->next_wants_ = io.kind;
      BIO_set_retry_write(bio);
    }
    return -1;
  }

  static long Control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static int Create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* Method() {
    static BIO_METHOD* const method = [] {  // constant once made, and never freed
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "transport");
      BIO_meth_set_read(made, Read);
      BIO_meth_set_write(made, Write);
      BIO_meth_set_ctrl(made, Control);
      BIO_meth_set_create(made, Create);
      return made;
    }();
    return method;
  }
};

namespace {

constexpr std::size_t kMaxContexts = 1024;
constexpr auto kContextAge = std::chrono::hours(24 * 30);  // leaves are valid much longer

int ChooseByName(SSL* ssl, int*, void* argument) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr || SSL_get_app_data(ssl) == nullptr) return SSL_TLSEXT_ERR_OK;
  const auto context = static_cast<TlsContexts*>(argument)->For(ToLower(name));
  if (!context.ok()) return SSL_TLSEXT_ERR_ALERT_FATAL;
  SSL_set_SSL_CTX(ssl, context.value().get());
  return SSL_TLSEXT_ERR_OK;
}

// Only HTTP/1.1 is spoken; a client that offers other protocols alone goes on without ALPN.
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* in, unsigned in_size, void*) {
  static const unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kHttp11, sizeof kHttp11 - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

std::string SslError() {
  char text[256] = "unknown error";
  if (const unsigned long code = ERR_get_error(); code != 0)
    ERR_error_string_n(code, text, sizeof text);
  ERR_clear_error();
  return text;
}

template <typename T, void (*Free)(T*)>
struct Freer {
  void operator()(T* object) const { Free(object); }
};
void FreeBio(BIO* bio) { BIO_free(bio); }
using BioPtr = std::unique_ptr<BIO, Freer<BIO, FreeBio>>;
using X509Ptr = std::unique_ptr<X509, Freer<X509, X509_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;

Result<std::shared_ptr<SSL_CTX>> MakeContext(const Leaf& leaf, TlsContexts* contexts) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const BioPtr chain(
      BIO_new_mem_buf(leaf.certificate_pem.data(), static_cast<int>(leaf.certificate_pem.size())));
  const BioPtr key_text(
      BIO_new_mem_buf(leaf.private_key_pem.data(), static_cast<int>(leaf.private_key_pem.size())));
  if (!context || !chain || !key_text) return Internal("cannot set TLS up: " + SslError());
  const X509Ptr certificate(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  const KeyPtr key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  if (!certificate || !key || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    return Internal("cannot use a leaf certificate: " + SslError());
  }
  while (X509* issuer = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add_extra_chain_cert(context.get(), issuer) != 1) {
      X509_free(issuer);
      return Internal("cannot use the certificate chain: " + SslError());
    }
  }
  ERR_clear_error();  // the end of the PEM text is an "error" too
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context.get(), ChooseByName);
  SSL_CTX_set_tlsext_servername_arg(context.get(), contexts);
  return context;
}

}  // namespace

Result<std::shared_ptr<SSL_CTX>> TlsContexts::For(const std::string& host) {
  const SteadyTime now = Clock::System().SteadyNow();
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(host);
    if (found != entries_.end() && now - found->second.made < kContextAge)
      return found->second.context;
  }
  ASSIGN_OR_RETURN(const Leaf leaf, authority_->LeafFor(host));
  ASSIGN_OR_RETURN(std::shared_ptr<SSL_CTX> context, MakeContext(leaf, this));
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMaxContexts) entries_.clear();  // connections hold their own reference
  entries_[host] = {context, now};
  return context;
}

TlsTransport::TlsTransport(std::unique_ptr<Transport> next, std::string received)
    : next_(std::move(next)) {
  received_.Append(received);
}

TlsTransport::~TlsTransport() { SSL_free(ssl_); }

Result<std::unique_ptr<TlsTransport>> TlsTransport::Accept(std::unique_ptr<Transport> next,
                                                           TlsContexts* contexts,
                                                           const std::string& host, bool follow_sni,
                                                           std::string received) {
  ASSIGN_OR_RETURN(const std::shared_ptr<SSL_CTX> context, contexts->For(host));
  std::unique_ptr<TlsTransport> tls(new TlsTransport(std::move(next), std::move(received)));
  tls->ssl_ = SSL_new(context.get());
  BIO* bio = BIO_new(TransportBio::Method());
  if (tls->ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    return Internal("cannot begin TLS: " + SslError());
  }
  BIO_set_data(bio, tls.get());
  SSL_set_bio(tls->ssl_, bio, bio);
  SSL_set_app_data(tls->ssl_, follow_sni ? tls.get() : nullptr);
  SSL_set_accept_state(tls->ssl_);
  return tls;
}

Io TlsTransport::Outcome(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {next_wants_, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Io::Kind::kEnd, 0};
    default:
      ERR_clear_error();
      return {Io::Kind::kFailed, 0};
  }
}

Io TlsTransport::TryHandshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  return result == 1 ? Io{Io::Kind::kDone, 1} : Outcome(result);
}

Io TlsTransport::TryRead(char* data, std::size_t size) {
  ERR_clear_error();
  std::size_t got = 0;
  const int result = SSL_read_ex(ssl_, data, size, &got);
  return result == 1 ? Io{Io::Kind::kDone, got} : Outcome(result);
}

Io TlsTransport::TryWrite(std::string_view data, bool) {
  ERR_clear_error();
  std::size_t put = 0;
  const int result = SSL_write_ex(ssl_, data.data(), data.size(), &put);
  return result == 1 ? Io{Io::Kind::kDone, put} : Outcome(result);
}

void TlsTransport::CloseWrite() {
  ERR_clear_error();
  if (SSL_is_init_finished(ssl_))
    (void)SSL_shutdown(ssl_);  // the close_notify may be lost if the socket is full
  ERR_clear_error();
  next_->CloseWrite();
}

}  // namespace sagebrush::http::internal
