// Command pulumi-resource-kubernetes is the official plugin. Its own main package cannot be built from its module: it
// embeds two files that a generator writes. What they are made from is in the module, and lies beside this program.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

var version string // set at build

func main() {
	schema := fmt.Appendf(nil, `{"version": %q,`, version)
	schema = append(schema, read("schema.json")[1:]...)
	provider.Serve("kubernetes", version, schema, read("terraform-mapping.json"))
}

func read(name string) []byte {
	this, err := os.Executable()
	if err == nil {
		var content []byte
		if content, err = os.ReadFile(filepath.Join(filepath.Dir(this), name)); err == nil {
			return content
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
	return nil
}
