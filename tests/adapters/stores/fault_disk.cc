// SPDX-License-Identifier: Apache-2.0

#include "tests/adapters/stores/fault_disk.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <list>
#include <new>
#include <string>
#include <vector>

#include "mailwake/mutex.h"

namespace mailwake {
namespace {

// How to take back one write or truncation.
struct Undo {
  std::string path;
  sqlite3_int64 offset;
  std::string before;
  sqlite3_int64 size_before;
};

struct State {
  Mutex mutex;
  bool frozen ABSL_GUARDED_BY(mutex) = false;
  int fail_all ABSL_GUARDED_BY(mutex) = 0;
  int fail_after ABSL_GUARDED_BY(mutex) = 0;  // 0: never
  int fail_once ABSL_GUARDED_BY(mutex) = 0;
  int fail_read_after ABSL_GUARDED_BY(mutex) = 0;  // 0: never
  int fail_read ABSL_GUARDED_BY(mutex) = 0;
  int wal_syncs ABSL_GUARDED_BY(mutex) = 0;
  std::list<Undo> undo ABSL_GUARDED_BY(mutex);
};

State& TheState() {
  static State& state = *new State;  // SQLite's layers are global, so is this one
  return state;
}

struct File {
  sqlite3_file base;  // first: SQLite sees only this
  std::string* path;
  sqlite3_file* real;
};

File& AsFile(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return AsFile(file).real; }

// The answer to a write that must not go through; 0: it may.
int Refusal(State& state) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state.mutex) {
  if (state.frozen) return SQLITE_IOERR_WRITE;
  if (state.fail_all != 0) return state.fail_all;
  if (state.fail_after > 0 && --state.fail_after == 0) return state.fail_once;
  return SQLITE_OK;
}

// Keeps what lies at [offset, offset + size) before it changes.
void Keep(State& state, File& file, sqlite3_int64 offset, sqlite3_int64 size) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state.mutex) {
  if (file.path->empty()) return;  // a temporary file
  sqlite3_int64 file_size = 0;
  file.real->pMethods->xFileSize(file.real, &file_size);
  const sqlite3_int64 end = std::min(file_size, offset + size);
  std::string before(offset < end ? static_cast<std::size_t>(end - offset) : 0, '\0');
  if (!before.empty()) file.real->pMethods->xRead(file.real, before.data(), static_cast<int>(before.size()), offset);
  state.undo.push_front({*file.path, offset, std::move(before), file_size});
}

int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  State& state = TheState();
  MutexLock lock(state.mutex);
  if (int code = Refusal(state); code != 0) return code;
  Keep(state, AsFile(file), offset, size);
  return Real(file)->pMethods->xWrite(Real(file), bytes, size, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  State& state = TheState();
  MutexLock lock(state.mutex);
  if (int code = Refusal(state); code != 0) return code;
  sqlite3_int64 file_size = 0;
  Real(file)->pMethods->xFileSize(Real(file), &file_size);
  Keep(state, AsFile(file), size, file_size - size);
  return Real(file)->pMethods->xTruncate(Real(file), size);
}

// What a sync means is kept in the undo list: the real file needs none, and the tests are the faster for it.
int Sync(sqlite3_file* file, int) {
  State& state = TheState();
  MutexLock lock(state.mutex);
  if (int code = Refusal(state); code != 0) return code;
  const std::string& path = *AsFile(file).path;
  if (path.ends_with("-wal")) ++state.wal_syncs;
  state.undo.remove_if([&path](const Undo& undo) { return undo.path == path; });
  return SQLITE_OK;
}

int Close(sqlite3_file* file) {
  const int code = Real(file)->pMethods->xClose(Real(file));
  delete AsFile(file).path;
  return code;
}

int Read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  {
    State& state = TheState();
    MutexLock lock(state.mutex);
    if (state.fail_read_after > 0 && --state.fail_read_after == 0) {
      std::memset(bytes, 0, static_cast<std::size_t>(size));
      return state.fail_read;
    }
  }
  return Real(file)->pMethods->xRead(Real(file), bytes, size, offset);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) { return Real(file)->pMethods->xFileSize(Real(file), size); }
int Lock(sqlite3_file* file, int level) { return Real(file)->pMethods->xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) { return Real(file)->pMethods->xUnlock(Real(file), level); }
int CheckReservedLock(sqlite3_file* file, int* out) { return Real(file)->pMethods->xCheckReservedLock(Real(file), out); }
int FileControl(sqlite3_file* file, int op, void* arg) { return Real(file)->pMethods->xFileControl(Real(file), op, arg); }
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) { return Real(file)->pMethods->xDeviceCharacteristics(Real(file)); }
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) { return Real(file)->pMethods->xShmLock(Real(file), offset, n, flags); }
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) { return Real(file)->pMethods->xShmUnmap(Real(file), remove); }

const sqlite3_io_methods kMethods = {.iVersion = 2,
                                     .xClose = Close,
                                     .xRead = Read,
                                     .xWrite = Write,
                                     .xTruncate = Truncate,
                                     .xSync = Sync,
                                     .xFileSize = FileSize,
                                     .xLock = Lock,
                                     .xUnlock = Unlock,
                                     .xCheckReservedLock = CheckReservedLock,
                                     .xFileControl = FileControl,
                                     .xSectorSize = SectorSize,
                                     .xDeviceCharacteristics = DeviceCharacteristics,
                                     .xShmMap = ShmMap,
                                     .xShmLock = ShmLock,
                                     .xShmBarrier = ShmBarrier,
                                     .xShmUnmap = ShmUnmap,
                                     .xFetch = nullptr,
                                     .xUnfetch = nullptr};

sqlite3_vfs* Below(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int Open(sqlite3_vfs* vfs, const char* name, sqlite3_file* out, int flags, int* out_flags) {
  out->pMethods = nullptr;
  File& file = AsFile(out);
  file.real = reinterpret_cast<sqlite3_file*>(&file + 1);
  const int code = Below(vfs)->xOpen(Below(vfs), name, file.real, flags, out_flags);
  if (code != SQLITE_OK) return code;
  file.path = new std::string(name == nullptr ? "" : name);
  out->pMethods = &kMethods;
  return SQLITE_OK;
}

int Delete(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  {
    State& state = TheState();
    MutexLock lock(state.mutex);
    if (state.frozen) return SQLITE_IOERR_DELETE;
    state.undo.remove_if([name](const Undo& undo) { return undo.path == name; });
  }
  return Below(vfs)->xDelete(Below(vfs), name, sync_directory);
}

void TakeBack(const Undo& undo) {
  const int file = open(undo.path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return;  // renamed since
  [[maybe_unused]] const ssize_t written = pwrite(file, undo.before.data(), undo.before.size(), undo.offset);
  [[maybe_unused]] const int truncated = ftruncate(file, undo.size_before);
  close(file);
}

}  // namespace

void FaultDisk::Install() {
  static sqlite3_vfs* const vfs = [] {
    sqlite3_vfs* below = sqlite3_vfs_find(nullptr);
    auto* layer = new sqlite3_vfs(*below);
    layer->szOsFile = static_cast<int>(sizeof(File)) + below->szOsFile;
    layer->zName = "mailwake-fault";
    layer->pNext = nullptr;
    layer->pAppData = below;
    layer->xOpen = Open;
    layer->xDelete = Delete;
    return layer;
  }();
  sqlite3_vfs_register(vfs, /*makeDflt=*/1);
}

void FaultDisk::FailWrites(int code) {
  MutexLock lock(TheState().mutex);
  TheState().fail_all = code;
}

void FaultDisk::FailWriteNumber(int n, int code) {
  MutexLock lock(TheState().mutex);
  TheState().fail_after = n;
  TheState().fail_once = code;
}

bool FaultDisk::HasFailed() {
  MutexLock lock(TheState().mutex);
  return TheState().fail_after == 0;
}

void FaultDisk::FailReadNumber(int n, int code) {
  MutexLock lock(TheState().mutex);
  TheState().fail_read_after = n;
  TheState().fail_read = code;
}

bool FaultDisk::ReadHasFailed() {
  MutexLock lock(TheState().mutex);
  return TheState().fail_read_after == 0;
}

void FaultDisk::Freeze() {
  MutexLock lock(TheState().mutex);
  TheState().frozen = true;
}

void FaultDisk::LosePower() {
  MutexLock lock(TheState().mutex);
  for (const Undo& undo : TheState().undo) TakeBack(undo);
  TheState().undo.clear();
  TheState().frozen = false;
}

int FaultDisk::WalSyncs() {
  MutexLock lock(TheState().mutex);
  return TheState().wal_syncs;
}

}  // namespace mailwake
