// Package docs_test holds what is written for people to the code: links, settings, documents, figures.
package docs_test

import (
	"fmt"
	"os"
	"testing"
)

// TestMain goes to the root of the project, from which these tests name files.
func TestMain(m *testing.M) {
	if err := os.Chdir(".."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
