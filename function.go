//go:build function

package main

import (
	"fmt"
	"os"

	"github.com/fc-renewer/fc-renewer/handler"
)

// commandLine says that there is none: what is deployed is the function alone,
// without the emulated cloud that the command line brings.
func commandLine(*handler.Handler) int {
	fmt.Fprintln(os.Stderr, "fc-renewer: this build is the function alone (-tags function); go run . is the command line")
	return 2
}
