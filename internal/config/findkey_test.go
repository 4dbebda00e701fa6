package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
)

func TestFindKey(t *testing.T) {
	t.Run("says that it was given", func(t *testing.T) {
		if file, found, err := resolved(t, production()).FindKey(); file != "" || !found || err != nil {
			t.Errorf("%q, %t, %v", file, found, err)
		}
	})
	t.Run("makes none, and finds the one that is made", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		cfg := resolved(t, config.Settings{DataDir: dir})
		want := filepath.Join(dir, "secret.key")
		if file, found, err := cfg.FindKey(); file != want || found || err != nil {
			t.Errorf("%q, %t, %v", file, found, err)
		}
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("the folder: %v", err)
		}
		if _, err := cfg.Key(); err != nil {
			t.Fatal(err)
		}
		if file, found, err := cfg.FindKey(); file != want || !found || err != nil {
			t.Errorf("%q, %t, %v", file, found, err)
		}
		if err := os.WriteFile(want, []byte("none"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, found, err := cfg.FindKey(); found || err == nil {
			t.Errorf("%t, %v", found, err)
		}
	})
}
