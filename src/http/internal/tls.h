// SPDX-License-Identifier: Apache-2.0
// TLS over any transport, so that TLS inside a CONNECT inside TLS needs nothing special; and the server's contexts, one for
// each host name, made from the CA's leaves and cached. TlsTransport: one thread at a time. TlsContexts: any thread.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "http/certificate_authority.h"
#include "http/internal/transport.h"

typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;

namespace sagebrush::http::internal {

class TlsContexts {
 public:
  explicit TlsContexts(CertificateAuthority* authority) : authority_(authority) {}
  Result<std::shared_ptr<SSL_CTX>> For(const std::string& host);

 private:
  struct Entry {
    std::shared_ptr<SSL_CTX> context;
    SteadyTime made;
  };
  CertificateAuthority* const authority_;
  std::mutex mutex_;  // guards entries_
  std::map<std::string, Entry> entries_;
};

class TlsTransport final : public Transport {
 public:
  // The server's side. The leaf is `host`'s; with `follow_sni` the name the client asks for wins.
  // `received` are bytes of the client's hello that were read already.
  static Result<std::unique_ptr<TlsTransport>> Accept(std::unique_ptr<Transport> next,
                                                      TlsContexts* contexts,
                                                      const std::string& host, bool follow_sni,
                                                      std::string received);
  ~TlsTransport() override;

  // kDone once the handshake is through.
  Io TryHandshake();

  Io TryRead(char* data, std::size_t size) override;
  Io TryWrite(std::string_view data, bool more) override;
  void CloseWrite() override;
  int fd() const override { return next_->fd(); }
  bool is_plain() const override { return false; }

 private:
  friend struct TransportBio;
  TlsTransport(std::unique_ptr<Transport> next, std::string received);
  Io Outcome(int result);

  std::unique_ptr<Transport> next_;
  InputBuffer received_;
  SSL* ssl_ = nullptr;
  Io::Kind next_wants_ = Io::Kind::kWantRead;  // what the transport below said last
};

}  // namespace sagebrush::http::internal
