// SPDX-License-Identifier: Apache-2.0
// A disk that can lose its power: preloaded into the server (LD_PRELOAD), it writes down every change below
// POWERCUT_ROOT in a journal, POWERCUT_JOURNAL, beside doing it. At the cut, which is the N-th change after
// POWERCUT_CONTROL was written ("N\n"), the process dies by SIGKILL within that change. disk.py reads the journal and
// makes the folder what a power cut would have left: what was synced, and a part of what was not.
//
// A sync is only written down, not done: the journal is the truth, not the disk of this machine. It is worth as much as
// was written before it began, and nothing before it returns (POWERCUT_DELAY_US is how long it takes at most).
// Changes and their records are made one at a time, over all processes: the mutex for this one's threads, flock for the
// others (the keepers of instances are started with the same environment). What cannot be followed aborts: a test that
// believes in an unseen write would prove nothing.
//
// POWERCUT_LIE makes it a disk that says "synced" and has not: of "folders", or of files whose path holds the text. The
// tests of the tests need it.
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <mutex>
#include <string>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

enum class Kind : std::uint8_t {
  kWrite = 1,   // ino, offset, data
  kTruncate,    // ino, offset: the new size
  kLink,        // dir, name, ino: an entry for a file, new or not
  kMakeFolder,  // dir, name, ino
  kUnlink,      // dir, name
  kRename,      // dir, name to ino (a folder), data (a name)
  kSync,        // ino, offset: of the journal, when it began
  kCut,
  kNewFile,  // ino: the number belongs to a new file from here on
};

struct Record {
  Kind kind;
  std::uint8_t unused[3];
  std::uint32_t name_size;
  std::uint64_t data_size, ino, dir, offset;
};
static_assert(sizeof(Record) == 40);

// Read at the first call, which may come before any constructor has run.
struct Settings {
  std::string root = Get("POWERCUT_ROOT"), journal = Get("POWERCUT_JOURNAL"),
              control = Get("POWERCUT_CONTROL"), lie = Get("POWERCUT_LIE");
  unsigned max_delay_us = static_cast<unsigned>(atoi(Get("POWERCUT_DELAY_US").c_str()));

  Settings() {
    unsetenv("POWERCUT_CONTROL");
  }  // children write down, but the cut is this process's
  static std::string Get(const char* name) {
    const char* value = getenv(name);
    return value != nullptr ? value : "";
  }
};
const Settings& settings() {
  static const Settings& one = *new Settings;
  return one;
}

std::mutex mutex;
int journal = -1;
pid_t journal_owner = 0;
std::atomic<std::int64_t> left{0};  // changes until the cut; 0: none is set
thread_local unsigned depth = 0;    // our own calls are not followed

template <typename Function>
Function Real(Function, const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}
#define REAL(name) static const auto real = Real(&::name, #name)

[[noreturn]] void Die(const char* what, const std::string& path) {
  dprintf(2, "powercut: %s is not followed: %s\n", what, path.c_str());
  abort();
}

bool IsOn() { return depth == 0 && !settings().root.empty(); }
bool IsBelowRoot(const std::string& path) {
  const std::string& root = settings().root;
  return path.size() >= root.size() && path.compare(0, root.size(), root) == 0 &&
         (path.size() == root.size() || path[root.size()] == '/');
}

// The path of an open descriptor of a regular file or folder below the root; "" otherwise.
std::string Followed(int fd) {
  if (!IsOn() || fd < 0) return "";
  struct stat info {};
  if (fstat(fd, &info) != 0 || !(S_ISREG(info.st_mode) || S_ISDIR(info.st_mode))) return "";
  char link[64], target[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t size = readlink(link, target, sizeof target);
  if (size <= 0) return "";
  std::string path(target, static_cast<std::size_t>(size));
  return IsBelowRoot(path) ? path : "";
}

std::uint64_t InodeOf(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 ? info.st_ino : 0;
}

bool IsFolder(int fd) {
  struct stat info {};
  return fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
}

// Folder and name of a path that a call names, if it lies below the root.
struct Place {
  std::string path, name;
  std::uint64_t dir = 0;
  explicit operator bool() const { return dir != 0; }
};
Place Locate(int at, const char* given) {
  Place place;
  if (!IsOn() || given == nullptr || *given == 0) return place;
  std::string path = given;
  if (path[0] != '/') {
    char link[64], base[PATH_MAX];
    if (at == AT_FDCWD)
      snprintf(link, sizeof link, "/proc/self/cwd");
    else
      snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    const ssize_t size = readlink(link, base, sizeof base);
    if (size <= 0) return place;
    path = std::string(base, static_cast<std::size_t>(size)) + "/" + path;
  }
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const auto slash = path.rfind('/');
  const std::string parent = path.substr(0, slash);
  if (!IsBelowRoot(parent)) return place;
  struct stat info {};
  if (stat(parent.c_str(), &info) != 0) return place;
  place.path = path;
  place.name = path.substr(slash + 1);
  place.dir = info.st_ino;
  return place;
}

// Held while a change is made and written down.
class Change {
 public:
  Change() {
    mutex.lock();
    ++depth;
    if (journal_owner != getpid()) {  // the first one, or we are a fork
      journal = open(settings().journal.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
      journal_owner = getpid();
      if (journal < 0) Die("the journal", settings().journal);
    }
    while (flock(journal, LOCK_EX) != 0) {
    }
  }
  ~Change() {
    const int error = errno;
    flock(journal, LOCK_UN);
    --depth;
    mutex.unlock();
    errno = error;
  }

  std::uint64_t Offset() const { return static_cast<std::uint64_t>(lseek(journal, 0, SEEK_END)); }

  void Note(Kind kind, std::uint64_t ino, std::uint64_t dir, std::uint64_t offset,
            const std::string& name = "", const iovec* data = nullptr, int pieces = 0,
            std::uint64_t size = 0) {
    Record record{kind, {}, static_cast<std::uint32_t>(name.size()), size, ino, dir, offset};
    Put(&record, sizeof record);
    Put(name.data(), name.size());
    for (int i = 0; i < pieces && size > 0; ++i) {
      const auto part = std::min<std::uint64_t>(size, data[i].iov_len);
      Put(data[i].iov_base, part);
      size -= part;
    }
    // A new file is told of in two records, and a cut between them would leave one that nobody was told of.
    if (kind != Kind::kNewFile) CountDown();
  }

 private:
  void Put(const void* data, std::size_t size) {
    const char* from = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t count = ::write(journal, from, size);
      if (count < 0) Die("the journal", strerror(errno));
      from += count;
      size -= static_cast<std::size_t>(count);
    }
  }

  void CountDown() {
    if (left == 0 && !settings().control.empty()) {
      const int fd = open(settings().control.c_str(), O_RDWR | O_CLOEXEC);
      if (fd < 0) return;
      char text[32] = {};
      if (pread(fd, text, sizeof text - 1, 0) > 0) left = atoll(text);
      close(fd);
      unlink(settings().control.c_str());
    }
    if (left == 0 || --left != 0) return;
    const Record record{Kind::kCut, {}, 0, 0, 0, 0, 0};
    Put(&record, sizeof record);
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
};

void Pause() {
  if (settings().max_delay_us == 0) return;
  ++depth;
  usleep(static_cast<useconds_t>(random()) % settings().max_delay_us);
  --depth;
}

int OpenAt(int at, const char* path, int flags, mode_t mode) {
  REAL(openat);
  const Place place = (flags & (O_CREAT | O_TRUNC)) != 0 ? Locate(at, path) : Place{};
  if (IsOn() && (flags & O_TMPFILE) == O_TMPFILE) Die("O_TMPFILE", path);
  if (!place) return real(at, path, flags, mode);
  Change change;
  struct stat before {};
  const bool existed = stat(place.path.c_str(), &before) == 0;
  const int fd = real(at, path, flags, mode);
  if (fd < 0) return fd;
  const std::uint64_t ino = InodeOf(fd);
  if (!existed) {
    change.Note(Kind::kNewFile, ino, 0, 0);
    change.Note(Kind::kLink, ino, place.dir, 0, place.name);
  } else if ((flags & O_TRUNC) != 0 && before.st_size > 0) {
    change.Note(Kind::kTruncate, ino, 0, 0);
  }
  return fd;
}

// `offset` < 0: at the descriptor's own place.
template <typename Write>
ssize_t Written(int fd, const iovec* data, int pieces, off_t offset, Write write) {
  if (Followed(fd).empty()) return write();
  Change change;
  if (offset < 0) offset = lseek(fd, 0, (fcntl(fd, F_GETFL) & O_APPEND) != 0 ? SEEK_END : SEEK_CUR);
  const ssize_t count = write();
  if (count > 0)
    change.Note(Kind::kWrite, InodeOf(fd), 0, static_cast<std::uint64_t>(offset), "", data, pieces,
                static_cast<std::uint64_t>(count));
  return count;
}

template <typename Truncate>
int Truncated(int fd, off_t size, Truncate truncate) {
  if (Followed(fd).empty()) return truncate();
  Change change;
  const int result = truncate();
  if (result == 0) change.Note(Kind::kTruncate, InodeOf(fd), 0, static_cast<std::uint64_t>(size));
  return result;
}

template <typename Sync>
int Synced(int fd, Sync sync) {
  const std::string path = Followed(fd);
  if (path.empty()) return sync();
  if (!settings().lie.empty() &&
      (settings().lie == "folders" ? IsFolder(fd) : path.find(settings().lie) != std::string::npos))
    return 0;
  std::uint64_t began = 0;
  {
    const Change change;
    began = change.Offset();
  }
  Pause();
  Change change;
  change.Note(Kind::kSync, InodeOf(fd), 0, began);
  return 0;
}

template <typename Rename>
int Renamed(const Place& from, const Place& to, Rename rename) {
  if (!from && !to) return rename();
  if (!from || !to) Die("a rename across the root", from.path + to.path);
  Change change;
  const int result = rename();
  const iovec name{const_cast<char*>(to.name.data()), to.name.size()};
  if (result == 0)
    change.Note(Kind::kRename, to.dir, from.dir, 0, from.name, &name, 1, to.name.size());
  return result;
}

template <typename Remove>
int Removed(const Place& place, Remove remove) {
  if (!place) return remove();
  Change change;
  const int result = remove();
  if (result == 0) change.Note(Kind::kUnlink, 0, place.dir, 0, place.name);
  return result;
}

template <typename Make>
int MadeFolder(const Place& place, Make make) {
  if (!place) return make();
  Change change;
  const int result = make();
  struct stat info {};
  if (result == 0 && lstat(place.path.c_str(), &info) == 0)
    change.Note(Kind::kMakeFolder, info.st_ino, place.dir, 0, place.name);
  return result;
}

template <typename Link>
int Linked(const Place& place, Link link) {
  if (!place) return link();
  Change change;
  const int result = link();
  struct stat info {};
  if (result == 0 && lstat(place.path.c_str(), &info) == 0)
    change.Note(Kind::kLink, info.st_ino, place.dir, 0, place.name);
  return result;
}

mode_t ModeOf(int flags, va_list list) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? static_cast<mode_t>(va_arg(list, int)) : 0;
}

}  // namespace

#define OPEN(name)                              \
  int name(const char* path, int flags, ...) {  \
    va_list list;                               \
    va_start(list, flags);                      \
    const mode_t mode = ModeOf(flags, list);    \
    va_end(list);                               \
    return OpenAt(AT_FDCWD, path, flags, mode); \
  }
#define OPENAT(name)                                   \
  int name(int at, const char* path, int flags, ...) { \
    va_list list;                                      \
    va_start(list, flags);                             \
    const mode_t mode = ModeOf(flags, list);           \
    va_end(list);                                      \
    return OpenAt(at, path, flags, mode);              \
  }

extern "C" {

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
int __open_2(const char* path, int flags) { return OpenAt(AT_FDCWD, path, flags, 0); }
int __open64_2(const char* path, int flags) { return OpenAt(AT_FDCWD, path, flags, 0); }
int __openat_2(int at, const char* path, int flags) { return OpenAt(at, path, flags, 0); }
int __openat64_2(int at, const char* path, int flags) { return OpenAt(at, path, flags, 0); }
int creat(const char* path, mode_t mode) {
  return OpenAt(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

ssize_t write(int fd, const void* data, size_t size) {
  REAL(write);
  const iovec piece{const_cast<void*>(data), size};
  return Written(fd, &piece, 1, -1, [&] { return real(fd, data, size); });
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  REAL(pwrite);
  const iovec piece{const_cast<void*>(data), size};
  return Written(fd, &piece, 1, offset, [&] { return real(fd, data, size, offset); });
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t offset) {
  return pwrite(fd, data, size, offset);
}
ssize_t writev(int fd, const iovec* data, int pieces) {
  REAL(writev);
  return Written(fd, data, pieces, -1, [&] { return real(fd, data, pieces); });
}
ssize_t pwritev(int fd, const iovec* data, int pieces, off_t offset) {
  REAL(pwritev);
  return Written(fd, data, pieces, offset, [&] { return real(fd, data, pieces, offset); });
}
ssize_t pwritev64(int fd, const iovec* data, int pieces, off64_t offset) {
  return pwritev(fd, data, pieces, offset);
}

int ftruncate(int fd, off_t size) noexcept {
  REAL(ftruncate);
  return Truncated(fd, size, [&] { return real(fd, size); });
}
int ftruncate64(int fd, off64_t size) noexcept { return ftruncate(fd, size); }
int fallocate(int fd, int mode, off_t offset, off_t size) {
  REAL(fallocate);
  if (const std::string path = Followed(fd); !path.empty()) Die("fallocate", path);
  return real(fd, mode, offset, size);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t size) {
  return fallocate(fd, mode, offset, size);
}
int posix_fallocate(int fd, off_t offset, off_t size) {
  REAL(posix_fallocate);
  if (const std::string path = Followed(fd); !path.empty()) Die("posix_fallocate", path);
  return real(fd, offset, size);
}
int posix_fallocate64(int fd, off64_t offset, off64_t size) {
  return posix_fallocate(fd, offset, size);
}

int fsync(int fd) {
  REAL(fsync);
  return Synced(fd, [&] { return real(fd); });
}
int fdatasync(int fd) {
  REAL(fdatasync);
  return Synced(fd, [&] { return real(fd); });
}
int syncfs(int fd) noexcept {
  REAL(syncfs);
  if (const std::string path = Followed(fd); !path.empty()) Die("syncfs", path);
  return real(fd);
}

int rename(const char* from, const char* to) noexcept {
  REAL(rename);
  return Renamed(Locate(AT_FDCWD, from), Locate(AT_FDCWD, to), [&] { return real(from, to); });
}
int renameat(int from_at, const char* from, int to_at, const char* to) noexcept {
  REAL(renameat);
  return Renamed(Locate(from_at, from), Locate(to_at, to),
                 [&] { return real(from_at, from, to_at, to); });
}
int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) noexcept {
  REAL(renameat2);
  const Place target = Locate(to_at, to);
  if (target && (flags & ~RENAME_NOREPLACE) != 0) Die("renameat2 with flags", target.path);
  return Renamed(Locate(from_at, from), target,
                 [&] { return real(from_at, from, to_at, to, flags); });
}
int unlink(const char* path) noexcept {
  REAL(unlink);
  return Removed(Locate(AT_FDCWD, path), [&] { return real(path); });
}
int unlinkat(int at, const char* path, int flags) noexcept {
  REAL(unlinkat);
  return Removed(Locate(at, path), [&] { return real(at, path, flags); });
}
int rmdir(const char* path) noexcept {
  REAL(rmdir);
  return Removed(Locate(AT_FDCWD, path), [&] { return real(path); });
}
int remove(const char* path) noexcept {
  REAL(remove);
  return Removed(Locate(AT_FDCWD, path), [&] { return real(path); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  REAL(mkdir);
  return MadeFolder(Locate(AT_FDCWD, path), [&] { return real(path, mode); });
}
int mkdirat(int at, const char* path, mode_t mode) noexcept {
  REAL(mkdirat);
  return MadeFolder(Locate(at, path), [&] { return real(at, path, mode); });
}
int link(const char* from, const char* to) noexcept {
  REAL(link);
  return Linked(Locate(AT_FDCWD, to), [&] { return real(from, to); });
}
int linkat(int from_at, const char* from, int to_at, const char* to, int flags) noexcept {
  REAL(linkat);
  return Linked(Locate(to_at, to), [&] { return real(from_at, from, to_at, to, flags); });
}
int symlink(const char* target, const char* path) noexcept {
  REAL(symlink);
  if (const Place place = Locate(AT_FDCWD, path)) Die("symlink", place.path);
  return real(target, path);
}

// SQLite's -shm file is shared memory that it never trusts after a crash; any other would be a write unseen.
void* mmap(void* at, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  REAL(mmap);
  if ((protection & PROT_WRITE) != 0 && (flags & MAP_SHARED) != 0 && fd >= 0) {
    const std::string path = Followed(fd);
    if (!path.empty() && !path.ends_with("-shm")) Die("a shared mapping", path);
  }
  return real(at, size, protection, flags, fd, offset);
}
void* mmap64(void* at, size_t size, int protection, int flags, int fd, off64_t offset) noexcept {
  return mmap(at, size, protection, flags, fd, offset);
}

}  // extern "C"
