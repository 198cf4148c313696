// SPDX-License-Identifier: Apache-2.0
// What ThreadSanitizer does in our programs: each report goes to a file of the build folder, wherever the program runs and
// whatever environment it was given (an agent gets none of ours), and its process ends with 66. TSAN_OPTIONS goes before it.
// Linked into the programs of the tsan preset; tools/tsan runs the acceptance tests on them.
extern "C" const char* __tsan_default_options();

extern "C" const char* __tsan_default_options() {
  return "log_path=" SAGEBRUSH_TSAN_REPORTS
         "/report:exitcode=66:second_deadlock_stack=1:history_size=4";
}
