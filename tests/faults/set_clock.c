/* Loaded before the C library: the clock on the wall is as many seconds ahead as the file CLOCK_SET says; the steady ones are as they are. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t which, struct timespec *t) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(which, t);
  const char *path = getenv("CLOCK_SET");
  FILE *file = which == CLOCK_REALTIME && path ? fopen(path, "r") : NULL;
  if (file) {
    long ahead = 0;
    if (fscanf(file, "%ld", &ahead) == 1) t->tv_sec += ahead;
    fclose(file);
  }
  return result;
}
