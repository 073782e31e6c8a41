// Command linked does nothing either, but holds the libraries that the function
// needs for its work, by the packages that know them: what those libraries do at
// the start is not ours to save.
package main

import (
	"context"

	"github.com/aliyun/fc-runtime-go-sdk/fc"

	_ "github.com/fc-renewer/fc-renewer/internal/aliyun"
	_ "github.com/fc-renewer/fc-renewer/internal/config"
)

func main() {
	fc.Start(func(context.Context, []byte) (string, error) { return "", nil })
}
