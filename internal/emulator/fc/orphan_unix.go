//go:build unix && !linux

package fc

import "syscall"

func dieWithParent(*syscall.SysProcAttr) {} // Linux alone can do this
