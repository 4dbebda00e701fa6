//go:build ignore

// Generate writes generated.go. The schema of Latchkey stands in several files, which genqlient reads in an order that
// differs from run to run, and the values of enums with it: it gets all of them as one.
package main

import (
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

const schema = "schema.graphqls" // as genqlient.yaml names it

func main() {
	if err := generate(); err != nil {
		log.Fatal(err)
	}
}

func generate() error {
	parts, err := filepath.Glob("../../graph/*.graphqls")
	if err != nil {
		return err
	}
	var whole []byte
	for _, part := range slices.Concat([]string{"../../schema.graphqls"}, parts) { // Glob sorts
		text, err := os.ReadFile(part)
		if err != nil {
			return err
		}
		whole = append(append(whole, text...), '\n')
	}
	if err := os.WriteFile(schema, whole, 0o600); err != nil {
		return err
	}
	defer os.Remove(schema)
	genqlient := exec.Command("go", "tool", "genqlient", "genqlient.yaml")
	genqlient.Stdout, genqlient.Stderr = os.Stdout, os.Stderr
	return genqlient.Run()
}
