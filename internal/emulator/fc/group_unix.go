//go:build unix

package fc

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the process the leader of a group, so that it cannot leave
// children behind when it is killed.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
}

// killGroup does not report an error: the only one possible is that nobody is left.
func killGroup(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
