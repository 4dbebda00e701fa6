package importer

import (
	"bytes"
	"errors"
	"fmt"
	"os"

	"github.com/goccy/go-yaml"

	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// HashConfig is what the other system keeps apart from its hashes, and is needed to compare them. It does not print.
type HashConfig struct {
	project   foreign.Firebase
	isProject bool
	peppered  string
}

// String implements fmt.Stringer.
func (*HashConfig) String() string { return "[secret]" }

// LoadHashConfig reads the hash parameters of a Firebase project, as its console shows them (base64_signer_key,
// base64_salt_separator, rounds, mem_cost), or the pepper of Devise (pepper), from a file in YAML or JSON. Errors tell nothing of them.
func LoadHashConfig(file string) (*HashConfig, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read the hash parameters: %w", err)
	}
	var given struct {
		SignerKey     string `yaml:"base64_signer_key"`
		SaltSeparator string `yaml:"base64_salt_separator"`
		Rounds        uint32 `yaml:"rounds"`
		MemCost       uint32 `yaml:"mem_cost"`
		Pepper        string `yaml:"pepper"`
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&given); err != nil {
		return nil, errors.New("read the hash parameters: the file has to be YAML or JSON with base64_signer_key, base64_salt_separator, rounds and mem_cost, or with pepper")
	}
	config := &HashConfig{peppered: given.Pepper}
	if given.SignerKey != "" {
		if config.project, err = foreign.NewFirebase(given.SignerKey, given.SaltSeparator, given.Rounds, given.MemCost); err != nil {
			return nil, errors.New("read the hash parameters: those of Firebase cannot be used, compare them with the console")
		}
		config.isProject = true
	}
	return config, nil
}

func (c *HashConfig) firebase() (foreign.Firebase, bool) {
	if c == nil {
		return foreign.Firebase{}, false
	}
	return c.project, c.isProject
}

func (c *HashConfig) pepper() string {
	if c == nil {
		return ""
	}
	return c.peppered
}
