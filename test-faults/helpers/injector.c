/*
 * Lets calls of the C library fail, stop or lie at a chosen moment. Loaded before it (LD_PRELOAD).
 *
 * OMS_FAULT_ROOT   directory: only files below it count
 * OMS_FAULT_LOG    file that gets a line for each rule that fired, and with OMS_FAULT_TRACE for
 *                  each call that counts
 * OMS_FAULT_PAUSE  directory in which a process that pauses makes the file paused-1, then paused-2,
 *                  and waits for paused-1.go
 * OMS_FAULT_RULES  lines of five words: call, pattern of the path below the root, number of the call
 *                  (3, or 3+ for all from there on), action, argument
 *
 * Calls: open read write fsync close stat fstat readdir rename unlink access, and without a path
 * (written as -) clock, thread.
 * Actions: errno N; short N, of a read or write; end, of a file; pause; signal N, to the process
 * itself; shift S, the clock by so many seconds from here on.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define MAX_RULES 16
#define MAX_FILES 4096
#define MAX_PATH 4096

enum action { ERRNO, SHORT, END, PAUSE, SIGNAL, SHIFT };

struct rule {
  char call[16], pattern[512], argument[64];
  int first, onward;
  enum action action;
  atomic_int seen;
};

/* What a call is told to do: nothing, to fail with an errno, or to move fewer bytes. */
struct order {
  int error;
  long limit;
};

static struct rule rules[MAX_RULES];
static int rule_count;
static char root[MAX_PATH];
static size_t root_length;
static int log_file = -1, traces;
static const char *pause_directory;
static _Atomic long long shift_seconds;
static atomic_int is_ready;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *opened[MAX_FILES];

#define REAL(name) \
  static __typeof__(name) *real; \
  if (real == NULL) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static enum action action_of(const char *word) {
  static const char *const words[] = {"errno", "short", "end", "pause", "signal", "shift"};
  for (int i = 0; i < 6; i++)
    if (strcmp(word, words[i]) == 0) return (enum action)i;
  fprintf(stderr, "injector: nobody knows the action %s\n", word);
  _exit(99);
}

static void parse(const char *text) {
  char number[16], action[16];
  int length;
  for (; rule_count < MAX_RULES; text += length) {
    struct rule *rule = &rules[rule_count];
    length = 0;
    int fields = sscanf(text, "%15s %511s %15s %15s %63s%n", rule->call, rule->pattern, number,
                        action, rule->argument, &length);
    if (fields < 5) return;
    rule->first = atoi(number);
    rule->onward = strchr(number, '+') != NULL;
    rule->action = action_of(action);
    rule_count++;
  }
}

__attribute__((constructor)) static void start(void) {
  const char *root_text = getenv("OMS_FAULT_ROOT"), *log = getenv("OMS_FAULT_LOG");
  const char *text = getenv("OMS_FAULT_RULES");
  if (root_text == NULL || log == NULL) return;
  root_length = (size_t)snprintf(root, sizeof root, "%s/", root_text);
  pause_directory = getenv("OMS_FAULT_PAUSE");
  traces = getenv("OMS_FAULT_TRACE") != NULL;
  /* Far from the numbers that the program gets, and where it is closed by nobody. */
  int descriptor = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
  log_file = fcntl(descriptor, F_DUPFD_CLOEXEC, 200);
  if (log_file < 0) log_file = descriptor;
  else syscall(SYS_close, descriptor);
  if (text != NULL) parse(text);
  atomic_store(&is_ready, 1);
}

static void note(const char *what, const char *call, const char *path) {
  char line[MAX_PATH + 64];
  int length = snprintf(line, sizeof line, "%s %s %s\n", what, call, path);
  if (syscall(SYS_write, log_file, line, length) != length) _exit(98);
}

/* The part of a path below the root, or NULL. */
static const char *below_root(const char *path) {
  if (path == NULL || strncmp(path, root, root_length) != 0) return NULL;
  return path + root_length;
}

static void pause_here(void) {
  static atomic_int count;
  char reached[MAX_PATH], go[MAX_PATH + 8];
  int number = atomic_fetch_add(&count, 1) + 1;
  snprintf(reached, sizeof reached, "%s/paused-%d", pause_directory, number);
  snprintf(go, sizeof go, "%s.go", reached);
  syscall(SYS_close, syscall(SYS_openat, AT_FDCWD, reached, O_WRONLY | O_CREAT, 0666));
  struct timespec moment = {0, 1000000};
  struct stat ignored;
  for (int waited = 0; waited < 60000; waited++) {
    if (syscall(SYS_newfstatat, AT_FDCWD, go, &ignored, 0) == 0) return;
    syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &moment, NULL);
  }
  _exit(97);
}

static struct order obey(struct rule *rule, const char *call, const char *path) {
  struct order order = {0, -1};
  note("fired", call, path);
  switch (rule->action) {
    case ERRNO: order.error = atoi(rule->argument); break;
    case SHORT: order.limit = atol(rule->argument); break;
    case END: order.limit = 0; break;
    case PAUSE: pause_here(); break;
    case SIGNAL: syscall(SYS_kill, getpid(), atoi(rule->argument)); break;
    case SHIFT: atomic_fetch_add(&shift_seconds, atoll(rule->argument)); break;
  }
  return order;
}

/* Called before every call that may count; the path is below the root, or "-". */
static struct order before(const char *call, const char *path) {
  struct order order = {0, -1};
  if (path == NULL || !atomic_load(&is_ready)) return order;
  if (traces) note("call", call, path);
  for (int i = 0; i < rule_count; i++) {
    struct rule *rule = &rules[i];
    if (strcmp(rule->call, call) != 0 || fnmatch(rule->pattern, path, 0) != 0) continue;
    int number = atomic_fetch_add(&rule->seen, 1) + 1;
    if (number == rule->first || (rule->onward && number > rule->first))
      order = obey(rule, call, path);
  }
  return order;
}

static struct order before_path(const char *call, const char *path) {
  return before(call, below_root(path));
}

static struct order before_file(const char *call, int file) {
  char path[MAX_PATH];
  int known = 0;
  if (file >= 0 && file < MAX_FILES && atomic_load(&is_ready)) {
    pthread_mutex_lock(&lock);
    known = opened[file] != NULL;
    if (known) snprintf(path, sizeof path, "%s", opened[file]);
    pthread_mutex_unlock(&lock);
  }
  return before(call, known ? path : NULL);
}

static void remember(int file, const char *path) {
  if (file < 0 || file >= MAX_FILES || !atomic_load(&is_ready)) return;
  pthread_mutex_lock(&lock);
  free(opened[file]);
  opened[file] = path == NULL ? NULL : strdup(path);
  pthread_mutex_unlock(&lock);
}

#define FAIL_IF_TOLD(order) \
  if ((order).error != 0) { \
    errno = (order).error; \
    return -1; \
  }

#define MODE_OF(flags, mode) \
  mode_t mode = 0; \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list rest; \
    va_start(rest, flags); \
    mode = va_arg(rest, mode_t); \
    va_end(rest); \
  }

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); \
    MODE_OF(flags, mode) \
    struct order order = before_path("open", path); \
    FAIL_IF_TOLD(order) \
    int file = real(path, flags, mode); \
    remember(file, below_root(path)); \
    return file; \
  }
OPEN(open)
OPEN(open64)

int openat(int directory, const char *path, int flags, ...) {
  REAL(openat);
  MODE_OF(flags, mode)
  struct order order = before_path("open", path);
  FAIL_IF_TOLD(order)
  int file = real(directory, path, flags, mode);
  remember(file, below_root(path));
  return file;
}

static size_t at_most(size_t count, struct order order) {
  return order.limit >= 0 && (size_t)order.limit < count ? (size_t)order.limit : count;
}

ssize_t read(int file, void *bytes, size_t count) {
  REAL(read);
  struct order order = before_file("read", file);
  FAIL_IF_TOLD(order)
  return real(file, bytes, at_most(count, order));
}

ssize_t pread64(int file, void *bytes, size_t count, off64_t at) {
  REAL(pread64);
  struct order order = before_file("read", file);
  FAIL_IF_TOLD(order)
  return real(file, bytes, at_most(count, order), at);
}

ssize_t readv(int file, const struct iovec *parts, int count) {
  REAL(readv);
  struct order order = before_file("read", file);
  FAIL_IF_TOLD(order)
  return real(file, parts, count);
}

ssize_t write(int file, const void *bytes, size_t count) {
  REAL(write);
  struct order order = before_file("write", file);
  FAIL_IF_TOLD(order)
  return real(file, bytes, at_most(count, order));
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
  REAL(pwrite64);
  struct order order = before_file("write", file);
  FAIL_IF_TOLD(order)
  return real(file, bytes, at_most(count, order), at);
}

int fsync(int file) {
  REAL(fsync);
  struct order order = before_file("fsync", file);
  FAIL_IF_TOLD(order)
  return real(file);
}

int close(int file) {
  REAL(close);
  struct order order = before_file("close", file);
  remember(file, NULL);
  int result = real(file);
  /* As Linux does it: the descriptor is gone whatever the answer. */
  FAIL_IF_TOLD(order)
  return result;
}

int rename(const char *from, const char *to) {
  REAL(rename);
  struct order order = before_path("rename", from);
  FAIL_IF_TOLD(order)
  return real(from, to);
}

int unlink(const char *path) {
  REAL(unlink);
  struct order order = before_path("unlink", path);
  FAIL_IF_TOLD(order)
  return real(path);
}

int access(const char *path, int mode) {
  REAL(access);
  struct order order = before_path("access", path);
  FAIL_IF_TOLD(order)
  return real(path, mode);
}

int scandir64(const char *path, struct dirent64 ***list, int (*filter)(const struct dirent64 *),
              int (*compare)(const struct dirent64 **, const struct dirent64 **)) {
  REAL(scandir64);
  struct order order = before_path("readdir", path);
  FAIL_IF_TOLD(order)
  return real(path, list, filter, compare);
}

static struct order before_stat(int file, const char *path) {
  return path != NULL && path[0] != '\0' ? before_path("stat", path) : before_file("fstat", file);
}

int statx(int directory, const char *path, int flags, unsigned mask, struct statx *result) {
  REAL(statx);
  struct order order = before_stat(directory, path);
  FAIL_IF_TOLD(order)
  return real(directory, path, flags, mask, result);
}

/* libuv calls statx and close by their numbers. */
long syscall(long number, ...) {
  static long (*real)(long, ...);
  if (real == NULL) real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  va_list rest;
  va_start(rest, number);
  long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
  long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
  va_end(rest);
  if (number == SYS_statx) {
    struct order order = before_stat((int)a, (const char *)b);
    FAIL_IF_TOLD(order)
  }
  if (number == SYS_close) return close((int)a);
  return real(number, a, b, c, d, e, f);
}

/* The clock that tells the date; the other one does not jump. */
int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(clock_gettime);
  if (clock == CLOCK_REALTIME) before("clock", "-");
  int result = real(clock, now);
  if (clock == CLOCK_REALTIME && result == 0) now->tv_sec += atomic_load(&shift_seconds);
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  REAL(gettimeofday);
  before("clock", "-");
  int result = real(now, zone);
  if (result == 0) now->tv_sec += atomic_load(&shift_seconds);
  return result;
}

time_t time(time_t *now) {
  REAL(time);
  before("clock", "-");
  time_t result = real(NULL) + (time_t)atomic_load(&shift_seconds);
  if (now != NULL) *now = result;
  return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                   void *argument) {
  REAL(pthread_create);
  struct order order = before("thread", "-");
  if (order.error != 0) return order.error;
  return real(thread, attributes, body, argument);
}
