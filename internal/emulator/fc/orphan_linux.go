package fc

import "syscall"

// dieWithParent keeps a process from outliving a test that was itself killed:
// without the runtime API it would poll a closed port as fast as it can.
func dieWithParent(attr *syscall.SysProcAttr) {
	attr.Pdeathsig = syscall.SIGKILL
}
