//go:build race

package handler_test

func init() { buildFlags = append(buildFlags, "-race") }
