// SPDX-License-Identifier: Apache-2.0
// poll() loops. A stall limit is counted anew after every byte, so a slow peer is served and a silent one is not.
#include "http/internal/blocking_io.h"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/sendfile.h>
#include <vector>

#include "base/file.h"

namespace sagebrush::http::internal {
namespace {

Status PeerGone() { return Unavailable("the peer closed the connection"); }

}  // namespace

Patience Patience::Stall(std::chrono::milliseconds stall, ThreadPool* pool) {
  return {Clock::System().SteadyNow() + stall, stall, pool};
}

void Patience::Progress() {
  if (stall.count() > 0) end = Clock::System().SteadyNow() + stall;
}

Status WaitReady(int fd, Io::Kind wanted, const Patience& patience) {
  const ThreadPool::Lent lent(patience.pool);
  pollfd entry{};
  entry.fd = fd;
  entry.events = wanted == Io::Kind::kWantWrite ? POLLOUT : POLLIN;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(patience.end - Clock::System().SteadyNow())
            .count();
    if (left <= 0) return DeadlineExceeded("the peer was silent for too long");
    const int ready = ::poll(&entry, 1, static_cast<int>(std::min<std::int64_t>(left, 1 << 30)));
    if (ready > 0) return Status::Ok();  // also for an error: the next operation tells it
    if (ready < 0 && errno != EINTR) return LastErrno("cannot wait for a socket");
  }
}

Result<std::size_t> ReadSome(Transport* transport, char* data, std::size_t size,
                             Patience patience) {
  for (;;) {
    const Io io = transport->TryRead(data, size);
    switch (io.kind) {
      case Io::Kind::kDone:
        return io.bytes;
      case Io::Kind::kEnd:
        return std::size_t{0};
      case Io::Kind::kFailed:
        return PeerGone();
      default:
        RETURN_IF_ERROR(WaitReady(transport->fd(), io.kind, patience));
    }
  }
}

Status WriteAll(Transport* transport, std::string_view data, bool more, Patience patience) {
  while (!data.empty()) {
    const Io io = transport->TryWrite(data, more);
    switch (io.kind) {
      case Io::Kind::kDone:
        data.remove_prefix(io.bytes);
        patience.Progress();
        break;
      case Io::Kind::kEnd:
      case Io::Kind::kFailed:
        return PeerGone();
      default:
        RETURN_IF_ERROR(WaitReady(transport->fd(), io.kind, patience));
    }
  }
  return Status::Ok();
}

Result<std::size_t> WriteNow(Transport* transport, std::string_view data, bool more) {
  std::size_t written = 0;
  while (written < data.size()) {
    const Io io = transport->TryWrite(data.substr(written), more);
    if (io.kind == Io::Kind::kEnd || io.kind == Io::Kind::kFailed) return PeerGone();
    if (io.kind != Io::Kind::kDone) break;
    written += io.bytes;
  }
  return written;
}

Status WriteFile(Transport* transport, int file, std::uint64_t offset, std::uint64_t length,
                 Patience patience) {
  if (!transport->is_plain()) {
    std::vector<char> buffer(static_cast<std::size_t>(std::min<std::uint64_t>(length, 128 << 10)));
    while (length > 0) {
      const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(length, buffer.size()));
      ASSIGN_OR_RETURN(const std::size_t got, ReadAt(file, offset, buffer.data(), want));
      if (got == 0) return DataLoss("a file is shorter than the answer that was begun with it");
      patience.Progress();
      RETURN_IF_ERROR(WriteAll(transport, {buffer.data(), got}, false, patience));
      patience.Progress();
      offset += got;
      length -= got;
    }
    return Status::Ok();
  }
  auto position = static_cast<off_t>(offset);
  while (length > 0) {
    const ssize_t sent =
        ::sendfile(transport->fd(), file, &position,
                   static_cast<std::size_t>(std::min<std::uint64_t>(length, 1 << 30)));
    if (sent > 0) {
      length -= static_cast<std::uint64_t>(sent);
      patience.Progress();
    } else if (sent == 0) {
      return DataLoss("a file is shorter than the answer that was begun with it");
    } else if (errno == EAGAIN) {
      RETURN_IF_ERROR(WaitReady(transport->fd(), Io::Kind::kWantWrite, patience));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return PeerGone();
    } else if (errno != EINTR) {
      return LastErrno("cannot send a file");
    }
  }
  return Status::Ok();
}

Result<Io> TryReadBody(Transport* transport, InputBuffer* input, BodyDecoder* decoder, char* data,
                       std::size_t size) {
  for (;;) {
    if (size == 0 || decoder->done()) return Io{Io::Kind::kEnd, 0};
    if (!input->empty()) {
      const BodyDecoder::Step step = decoder->Decode(input->view(), data, size);
      input->Consume(step.consumed);
      if (decoder->broken()) return Unavailable("the body's chunks are broken");
      if (step.produced > 0) return Io{Io::Kind::kDone, step.produced};
      continue;
    }
    // Bytes without framing among them go straight to where they are wanted.
    const std::uint64_t direct = decoder->direct_bytes();
    char framed[8 << 10];
    const Io io = direct > 0
                      ? transport->TryRead(
                            data, static_cast<std::size_t>(std::min<std::uint64_t>(direct, size)))
                      : transport->TryRead(framed, sizeof framed);
    switch (io.kind) {
      case Io::Kind::kDone:
        if (direct > 0) {
          decoder->Took(io.bytes);
          return io;
        }
        input->Append({framed, io.bytes});
        break;
      case Io::Kind::kEnd:
        decoder->InputEnded();
        if (decoder->broken()) return Unavailable("the peer closed the connection within a body");
        break;
      case Io::Kind::kFailed:
        return PeerGone();
      default:
        return io;
    }
  }
}

Result<std::size_t> ReadBody(Transport* transport, InputBuffer* input, BodyDecoder* decoder,
                             char* data, std::size_t size, Patience patience) {
  for (;;) {
    ASSIGN_OR_RETURN(const Io io, TryReadBody(transport, input, decoder, data, size));
    if (io.kind == Io::Kind::kEnd) return std::size_t{0};
    if (io.kind == Io::Kind::kDone) return io.bytes;
    RETURN_IF_ERROR(WaitReady(transport->fd(), io.kind, patience));
  }
}

}  // namespace sagebrush::http::internal
