//go:build unix

package pgtest_test

import (
	"bufio"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/latchkey-auth/latchkey/internal/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// childVariable makes a test that is run in a process of its own start a server and wait.
const childVariable = "LATCHKEY_PGTEST_CHILD"

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return conn
}

func TestEveryTestHasAnEmptyDatabase(t *testing.T) {
	for range 3 {
		t.Run("of its own", func(t *testing.T) {
			one, two := connect(t, pgtest.URL(t)), connect(t, pgtest.URL(t))
			for _, conn := range []*pgx.Conn{one, two} {
				if _, err := conn.Exec(t.Context(), "CREATE TABLE things (id INTEGER)"); err != nil {
					t.Errorf("create a table: %v", err)
				}
			}
		})
	}
}

func TestAMortalServerKeepsWhatItCommitted(t *testing.T) {
	server := pgtest.NewMortal(t)
	conn := connect(t, server.URL())
	if _, err := conn.Exec(t.Context(), "CREATE TABLE things AS SELECT 7 AS id"); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if _, err := conn.Exec(t.Context(), "SELECT 1"); err == nil {
		t.Error("got an answer of a killed server, want an error")
	}
	server.Start()
	var id int
	if err := connect(t, server.URL()).QueryRow(t.Context(), "SELECT id FROM things").Scan(&id); err != nil || id != 7 {
		t.Errorf("it has %d (%v)", id, err)
	}
}

func TestAKilledProcessLeavesNothing(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		_, _ = fmt.Fprintln(os.Stdout, "child:", pgtest.URL(t))
		select {}
	}
	if os.Getenv("TEST_DATABASE_URL") != "" {
		t.Skip("TEST_DATABASE_URL names the server, so there is no throwaway one")
	}
	pgtest.URL(t) // skips without PostgreSQL

	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), childVariable+"=1")
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	address := ""
	for lines := bufio.NewScanner(output); address == "" && lines.Scan(); {
		_, address, _ = strings.Cut(lines.Text(), "child: ")
	}
	server, err := url.Parse(address)
	if err != nil || server.Query().Get("host") == "" {
		t.Fatalf("the child has no server: %q", address)
	}
	connect(t, address)

	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed, and says so

	folder, deadline := server.Query().Get("host"), time.Now().Add(20*time.Second)
	for tick := time.Tick(20 * time.Millisecond); ; <-tick {
		if _, err := os.Stat(folder); os.IsNotExist(err) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the server's folder is still there")
		}
	}
}
