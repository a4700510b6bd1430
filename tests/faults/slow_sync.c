/* Loaded before the C library: each sync takes two seconds while the file SLOW_SYNC exists, and its begin and end are noted in it. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int slow(const char *name, int fd) {
  const char *path = getenv("SLOW_SYNC");
  int log = path ? open(path, O_WRONLY | O_APPEND) : -1;
  double began = now();
  struct timespec wait = {2, 0};
  if (log >= 0) nanosleep(&wait, NULL);
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
  int result = real(fd);
  if (log >= 0) {
    dprintf(log, "%s %f %f\n", name, began, now());
    close(log);
  }
  return result;
}

int fsync(int fd) { return slow("fsync", fd); }

int fdatasync(int fd) { return slow("fdatasync", fd); }
