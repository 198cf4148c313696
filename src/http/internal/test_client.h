// SPDX-License-Identifier: Apache-2.0
// For this module's tests only: a socket that says exactly the bytes it is told, over TCP, unix sockets and TLS, with a
// deadline on every wait. One thread at a time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "http/client.h"
#include "http/internal/blocking_io.h"
#include "http/internal/transport.h"

namespace sagebrush::http::internal {

inline constexpr std::chrono::seconds kPatience{20};

// A TLS client over a raw connection; it checks the chain against `ca_pem` and the host's name.
class TestTls final : public Transport {
 public:
  TestTls(Transport* next, const std::string& ca_pem, const std::string& host, bool send_sni = true)
      : next_(next), context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(
        BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size())), BIO_free);
    const std::unique_ptr<X509, void (*)(X509*)> ca(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), X509_free);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), ca.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    ssl_ = SSL_new(context_.get());
    X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl_);
    X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_X509_STRICT);
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1) {
      X509_VERIFY_PARAM_set1_host(parameters, host.data(), host.size());
      if (send_sni) SSL_set_tlsext_host_name(ssl_, host.c_str());
    }
    // Bytes go through memory, so that TLS can stand on any transport.
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_connect_state(ssl_);
  }
  ~TestTls() override { SSL_free(ssl_); }

  Status Handshake() {
    for (;;) {
      const int result = SSL_do_handshake(ssl_);
      RETURN_IF_ERROR(Flush());
      if (result == 1) return Status::Ok();
      if (SSL_get_error(ssl_, result) != SSL_ERROR_WANT_READ) {
        return Unavailable(X509_verify_cert_error_string(SSL_get_verify_result(ssl_)));
      }
      RETURN_IF_ERROR(Feed());
    }
  }

  Io TryRead(char* data, std::size_t size) override {
    for (;;) {
      const int got = SSL_read(ssl_, data, static_cast<int>(size));
      if (got > 0) return {Io::Kind::kDone, static_cast<std::size_t>(got)};
      const int error = SSL_get_error(ssl_, got);
      if (error == SSL_ERROR_ZERO_RETURN) return {Io::Kind::kEnd, 0};
      if (error != SSL_ERROR_WANT_READ || !Feed().ok()) return {Io::Kind::kFailed, 0};
    }
  }
  Io TryWrite(std::string_view data, bool) override {
    const int put = SSL_write(ssl_, data.data(), static_cast<int>(data.size()));
    if (put <= 0 || !Flush().ok()) return {Io::Kind::kFailed, 0};
    return {Io::Kind::kDone, static_cast<std::size_t>(put)};
  }
  void CloseWrite() override {
    SSL_shutdown(ssl_);
    (void)Flush().ok();
  }
  int fd() const override { return next_->fd(); }
  bool is_plain() const override { return false; }

 private:
  Status Flush() {
    char buffer[16 << 10];
    for (int got = 0; (got = BIO_read(out_, buffer, sizeof buffer)) > 0;) {
      RETURN_IF_ERROR(WriteAll(next_, {buffer, static_cast<std::size_t>(got)}, false,
                               Patience::Stall(kPatience)));
    }
    return Status::Ok();
  }
  Status Feed() {
    char buffer[16 << 10];
    ASSIGN_OR_RETURN(const std::size_t got,
                     ReadSome(next_, buffer, sizeof buffer, Patience::Stall(kPatience)));
    if (got == 0) return Unavailable("closed");
    BIO_write(in_, buffer, static_cast<int>(got));
    return Status::Ok();
  }

  Transport* const next_;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  SSL* ssl_ = nullptr;
  BIO* in_ = nullptr;
  BIO* out_ = nullptr;
};

class RawClient {
 public:
  explicit RawClient(int port) : RawClient(ConnectTcp("127.0.0.1", port, kPatience)) {}
  explicit RawClient(Result<UniqueFd> socket)
      : socket_(std::move(socket).value()), plain_(socket_.get()), transport_(&plain_) {}

  void Say(std::string_view bytes) { ASSERT_TRUE(TrySay(bytes).ok()); }
  Status TrySay(std::string_view bytes) {
    return WriteAll(transport_, bytes, false, Patience::Stall(kPatience));
  }
  // From here on everything goes through TLS.
  Status BeginTls(const std::string& ca_pem, const std::string& host, bool send_sni = true) {
    auto tls = std::make_unique<TestTls>(transport_, ca_pem, host, send_sni);
    RETURN_IF_ERROR(tls->Handshake());
    layers_.push_back(std::move(tls));
    transport_ = layers_.back().get();
    return Status::Ok();
  }
  // Everything up to and with `end`; what came if the connection ends before.
  std::string HearUntil(std::string_view end) {
    for (;;) {
      const std::size_t at = heard_.find(end);
      if (at != std::string::npos) {
        std::string result = heard_.substr(0, at + end.size());
        heard_.erase(0, result.size());
        return result;
      }
      if (!HearMore()) return std::exchange(heard_, "");
    }
  }
  std::string HearHead() { return HearUntil("\r\n\r\n"); }
  std::string HearBytes(std::size_t count) {
    while (heard_.size() < count && HearMore()) {
    }
    std::string result = heard_.substr(0, count);
    heard_.erase(0, result.size());
    return result;
  }
  std::string HearAll() {
    while (HearMore()) {
    }
    return std::exchange(heard_, "");
  }
  // Whether the server has closed and nothing more came.
  bool HearsEnd() { return HearAll().empty() && ended_; }
  void CloseWrite() { transport_->CloseWrite(); }
  void Close() { socket_.Reset(); }
  int fd() const { return socket_.get(); }

 private:
  bool HearMore() {
    char buffer[64 << 10];
    const auto got = ReadSome(transport_, buffer, sizeof buffer, Patience::Stall(kPatience));
    if (got.ok() && *got > 0) {
      heard_.append(buffer, *got);
      return true;
    }
    // A closed or reset connection is an end; silence is not.
    ended_ = got.ok() || got.status().code() == Code::kUnavailable;
    return false;
  }

  UniqueFd socket_;
  SocketTransport plain_;
  std::vector<std::unique_ptr<TestTls>> layers_;
  Transport* transport_;
  std::string heard_;
  bool ended_ = false;
};

// Waits for something another thread does.
class Latch {
 public:
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  bool Wait(std::chrono::milliseconds limit = kPatience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

}  // namespace sagebrush::http::internal
