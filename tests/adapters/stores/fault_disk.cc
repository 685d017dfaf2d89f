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
#include <utility>
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
  bool recording ABSL_GUARDED_BY(mutex) = false;
  std::vector<DiskStep> steps ABSL_GUARDED_BY(mutex);
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

void Note(State& state, DiskStep step) ABSL_EXCLUSIVE_LOCKS_REQUIRED(state.mutex) {
  if (state.recording && !step.path.empty()) state.steps.push_back(std::move(step));
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

// One that fails has written half: so does a disk that is full.
int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  State& state = TheState();
  MutexLock lock(state.mutex);
  if (state.frozen) return SQLITE_IOERR_WRITE;
  const int code = DiskFaults::Here().Ask(DiskCall::kWrite);
  if (code != 0) size /= 2;
  Keep(state, AsFile(file), offset, size);
  Note(state, {DiskStep::kWrite, *AsFile(file).path, offset, std::string(static_cast<const char*>(bytes), static_cast<std::size_t>(size))});
  const int written = Real(file)->pMethods->xWrite(Real(file), bytes, size, offset);
  return code != 0 ? code : written;
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  State& state = TheState();
  MutexLock lock(state.mutex);
  if (state.frozen) return SQLITE_IOERR_TRUNCATE;
  if (const int code = DiskFaults::Here().Ask(DiskCall::kTruncate); code != 0) return code;
  sqlite3_int64 file_size = 0;
  Real(file)->pMethods->xFileSize(Real(file), &file_size);
  Keep(state, AsFile(file), size, file_size - size);
  Note(state, {DiskStep::kTruncate, *AsFile(file).path, size, {}});
  return Real(file)->pMethods->xTruncate(Real(file), size);
}

// What a sync means is kept in the undo list: the real file needs none, and the tests are the faster for it.
int Sync(sqlite3_file* file, int) {
  State& state = TheState();
  MutexLock lock(state.mutex);
  if (state.frozen) return SQLITE_IOERR_FSYNC;
  if (const int code = DiskFaults::Here().Ask(DiskCall::kSync); code != 0) return code;
  const std::string& path = *AsFile(file).path;
  Note(state, {DiskStep::kSync, path, 0, {}});
  if (path.ends_with("-wal")) ++state.wal_syncs;
  state.undo.remove_if([&path](const Undo& undo) { return undo.path == path; });
  return SQLITE_OK;
}

int Close(sqlite3_file* file) {
  const int code = Real(file)->pMethods->xClose(Real(file));
  delete AsFile(file).path;
  return code;
}

// What cannot be read is zeros, as SQLite expects it of a file that ends too early.
int Read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  if (const int code = DiskFaults::Here().Ask(DiskCall::kRead); code != 0) {
    std::memset(bytes, 0, static_cast<std::size_t>(size));
    return code;
  }
  return Real(file)->pMethods->xRead(Real(file), bytes, size, offset);
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  if (const int code = DiskFaults::Here().Ask(DiskCall::kFileSize); code != 0) return code;
  return Real(file)->pMethods->xFileSize(Real(file), size);
}

int Lock(sqlite3_file* file, int level) {
  if (const int code = DiskFaults::Here().Ask(DiskCall::kLock); code != 0) return code;
  return Real(file)->pMethods->xLock(Real(file), level);
}

int Unlock(sqlite3_file* file, int level) { return Real(file)->pMethods->xUnlock(Real(file), level); }
int CheckReservedLock(sqlite3_file* file, int* out) { return Real(file)->pMethods->xCheckReservedLock(Real(file), out); }
int FileControl(sqlite3_file* file, int op, void* arg) { return Real(file)->pMethods->xFileControl(Real(file), op, arg); }
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) { return Real(file)->pMethods->xDeviceCharacteristics(Real(file)); }
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  if (const int code = DiskFaults::Here().Ask(DiskCall::kShmMap); code != 0) return *out = nullptr, code;
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, out);
}

// To give a lock back never fails: SQLite would not look.
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    if (const int code = DiskFaults::Here().Ask(DiskCall::kShmLock); code != 0) return code;
  }
  return Real(file)->pMethods->xShmLock(Real(file), offset, n, flags);
}

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
  if (const int code = DiskFaults::Here().Ask(DiskCall::kOpen); code != 0) return code;
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
    if (const int code = DiskFaults::Here().Ask(DiskCall::kDelete); code != 0) return code;
    Note(state, {DiskStep::kDelete, name, 0, {}});
    state.undo.remove_if([name](const Undo& undo) { return undo.path == name; });
  }
  return Below(vfs)->xDelete(Below(vfs), name, sync_directory);
}

int Access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  if (const int code = DiskFaults::Here().Ask(DiskCall::kAccess); code != 0) return code;
  return Below(vfs)->xAccess(Below(vfs), name, flags, out);
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
    layer->xAccess = Access;
    return layer;
  }();
  sqlite3_vfs_register(vfs, /*makeDflt=*/1);
}

void FaultDisk::FailWrites(int code) {
  if (code == 0) return DiskFaults::Here().Heal();
  DiskFaults::Here().Arm({.calls = kDiskWrites, .code = code, .sticky = true});
}

void FaultDisk::Record() {
  MutexLock lock(TheState().mutex);
  TheState().recording = true;
  TheState().steps.clear();
}

std::size_t FaultDisk::Recorded() {
  MutexLock lock(TheState().mutex);
  return TheState().steps.size();
}

std::vector<DiskStep> FaultDisk::TakeRecord() {
  MutexLock lock(TheState().mutex);
  TheState().recording = false;
  return std::exchange(TheState().steps, {});
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
