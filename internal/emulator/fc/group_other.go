//go:build !unix

package fc

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup reaches the process only: there are no process groups here.
func killGroup(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
}
