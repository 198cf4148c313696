// SPDX-License-Identifier: Apache-2.0
// An instance's keeper: a process of its own between the server and bubblewrap (`sagebrush sandbox`), so that the instance
// outlives the server, its outcome is on disk whoever is there to see it, and its mounts go when it goes. Without isolation it
// starts the agent itself, and sees to it that nothing the agent started outlives it.
//
// It reads a SandboxPlan from standard input, answers one line on standard output ("ok", or what failed), and then stays:
//   folder/lock  held (flock) as long as the keeper lives      folder/bwrap.json  bubblewrap's child-pid: the namespace's init
//   folder/pid   the keeper's process id                       folder/exit        {"code": …}, written when all is over
// Under a root server it binds what the instance may see into a private mount namespace and drops to the instance's uid
// before bubblewrap starts; `bwrap --uid` alone would leave the machine's root inside (docs/decisions/0004-process-back-end.md).
#pragma once

namespace sagebrush::orchestrator {

// How the keeper's answer begins when a folder that was to be held is no longer there; the folder follows.
inline constexpr char kGone[] = "gone: ";
// And when another server's instance was given the same number at the same moment, or an earlier keeper has just come to the
// same folder; what is taken follows.
inline constexpr char kTaken[] = "taken: ";

// The whole life of the keeper. Returns the process's exit code.
int RunSandboxKeeper();

}  // namespace sagebrush::orchestrator
