package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

func TestWhoNeedsASecretKey(t *testing.T) {
	t.Run("production always", func(t *testing.T) {
		s := production()
		s.SecretKey = ""
		wantFaults(t, s, "LATCHKEY_SECRET_KEY")
	})

	t.Run("PostgreSQL in development too", func(t *testing.T) {
		wantFaults(t, config.Settings{Env: "development", DatabaseURL: "postgres://localhost/x"}, "LATCHKEY_SECRET_KEY")
	})

	t.Run("SQLite in development does not", func(t *testing.T) {
		wantFaults(t, config.Settings{Env: "development"})
	})

	for _, bad := range []string{"hush", key[1:], key + key, "!" + key[1:]} {
		t.Run("not a key", func(t *testing.T) {
			wantFaults(t, config.Settings{SecretKey: secret.Text(bad)}, "LATCHKEY_SECRET_KEY")
		})
	}
}

func TestTheKeyThatWasGiven(t *testing.T) {
	folder := t.TempDir()
	got, err := resolved(t, config.Settings{SecretKey: key, DataDir: folder}).Key()
	if err != nil || got.Base64() != key {
		t.Errorf("another key, error %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("the data folder was touched: %v, error %v", entries, err)
	}
}

func TestTheKeyThatIsMade(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new", "data")
	c := resolved(t, config.Settings{DataDir: folder})

	first, err := c.Key()
	if err != nil {
		t.Fatal(err)
	}

	t.Run("stays the same", func(t *testing.T) {
		second, err := c.Key()
		if err != nil || second != first {
			t.Errorf("another key, error %v", err)
		}
	})

	t.Run("is for its owner only and alone in the folder", func(t *testing.T) {
		info, err := os.Stat(filepath.Join(folder, "secret.key"))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the file is %v", info.Mode())
		}
		if entries, err := os.ReadDir(folder); err != nil || len(entries) != 1 {
			t.Errorf("the folder holds %v, error %v", entries, err)
		}
	})

	t.Run("yields to one that is given", func(t *testing.T) {
		got, err := resolved(t, config.Settings{DataDir: folder, SecretKey: key}).Key()
		if err != nil || got.Base64() != key {
			t.Errorf("another key, error %v", err)
		}
	})
}

func TestManyProcessesMakeOneKey(t *testing.T) {
	folder := t.TempDir()
	var (
		wait sync.WaitGroup
		keys [32]secret.Key
	)
	for i := range keys {
		wait.Go(func() {
			var err error
			if keys[i], err = resolved(t, config.Settings{DataDir: folder}).Key(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()

	for _, k := range keys {
		if k != keys[0] {
			t.Fatal("got different keys in two processes, want one")
		}
	}
}

func TestABrokenKeyFileIsKept(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "secret.key")
	if err := os.WriteFile(path, []byte("hush-hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	_, err := resolved(t, config.Settings{DataDir: folder}).Key()
	if err == nil || !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "hush") {
		t.Errorf("the error must name the file and not its content: %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "hush-hush\n" {
		t.Errorf("the file was changed, error %v", err)
	}
}

func TestADataFolderThatIsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := resolved(t, config.Settings{DataDir: path}).Key(); err == nil {
		t.Error("got a key out of nowhere, want none")
	}
}
