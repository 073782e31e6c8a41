//go:build !function

package main

import (
	"os"

	"github.com/fc-renewer/fc-renewer/handler"
	"github.com/fc-renewer/fc-renewer/internal/local"
)

// commandLine is what the program is outside Function Compute.
func commandLine(h *handler.Handler) int { return local.Main(os.Args[1:], h) }
