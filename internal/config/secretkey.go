package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

// keyFile holds the generated secret key, in the data folder.
const keyFile = "secret.key"

// secretKey returns the key that was given, checked. Without one, production is refused, and so is
// PostgreSQL: its replicas must share one key, and a file in a folder is not shared.
func (r *resolver) secretKey() secret.Text {
	const variable = "LATCHKEY_SECRET_KEY"
	const remedy = "Give base64 of 32 random bytes, the same on every replica. To make one: openssl rand -base64 32"

	given := r.given.SecretKey
	if given == "" {
		missing := r.demand(variable, "production needs a key that outlives its disk.", remedy)
		if !missing && r.given.DatabaseURL != "" && !r.faulty(variable) {
			r.fault(variable, "is not set: with PostgreSQL, all replicas need the same key.", remedy)
		}
		return ""
	}

	if _, err := secret.ParseKey(given.Reveal()); err != nil {
		r.fault(variable, "is not base64 of 32 bytes.", remedy)
		return ""
	}
	return given
}

// Key returns the secret key: the one that was given or, in development with SQLite, that of the
// file secret.key in DataDir, which is made, with its folder, when it is missing. Of several
// processes that start at once, one makes the key and all return it. An error is of the file: it
// cannot be read, written, or holds no key.
func (c *Config) Key() (secret.Key, error) {
	if c.SecretKey != "" {
		return secret.ParseKey(c.SecretKey.Reveal())
	}

	path := c.KeyFile()
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}

	if err := makeKey(path); err != nil {
		return secret.Key{}, fmt.Errorf("make the secret key: %w", err)
	}
	return readKey(path)
}

// KeyFile is where the secret key is kept that was not given.
func (c *Config) KeyFile() string { return filepath.Join(c.DataDir, keyFile) }

// FindKey looks for the secret key without making one, and returns where it is kept: a file, or "" for
// the setting. It is not found only where Key would make it; an error is of the file.
func (c *Config) FindKey() (file string, found bool, err error) {
	if c.SecretKey != "" {
		return "", true, nil
	}
	file = filepath.Join(c.DataDir, keyFile)
	switch _, err := readKey(file); {
	case errors.Is(err, fs.ErrNotExist):
		return file, false, nil
	case err != nil:
		return file, false, err
	}
	return file, true, nil
}

func readKey(path string) (secret.Key, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own
	if err != nil {
		return secret.Key{}, fmt.Errorf("read the secret key: %w", err)
	}

	key, err := secret.ParseKey(strings.TrimSpace(string(text)))
	if err != nil {
		// Not replaced: what was encrypted under the lost key would be lost with it.
		return secret.Key{}, fmt.Errorf("read the secret key: %s holds no key: restore it, or remove it to have a new one made", path)
	}
	return key, nil
}

// makeKey writes a new key to path, unless there is a file already. The file appears whole or not
// at all, because it is written under another name and then linked to its own, which fails if
// another process was faster.
func makeKey(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}

	file, err := os.CreateTemp(filepath.Dir(path), keyFile+".*") // readable to its owner only
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // a leftover would hold a key that nothing uses

	_, err = fmt.Fprintln(file, secret.NewKey().Base64())
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return err
	}

	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
