// Command empty is the least function there is on this SDK, to compare with.
package main

import (
	"context"

	"github.com/aliyun/fc-runtime-go-sdk/fc"
)

func main() {
	fc.Start(func(context.Context, []byte) (string, error) { return "", nil })
}
