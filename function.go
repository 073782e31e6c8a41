//go:build function

package main

import (
	"fmt"
	"os"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/lang"
)

// commandLine says that there is none: what is deployed is the function alone,
// without the emulated cloud that the command line brings.
func commandLine(*handler.Handler) int {
	language, _ := lang.Parse(os.Getenv("RENEW_LANG"))
	fmt.Fprintln(os.Stderr, lang.Say("fc-renewer: this build is the function alone (-tags function); go run . is the command line",
		"fc-renewer：此程序只含函数本身（-tags function）；命令行请用 go run .").In(language))
	return 2
}
