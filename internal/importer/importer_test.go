package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/importer"
)

// write writes an export, and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// read returns what the rows of an export are, each with its line, address and causes.
func read(t testing.TB, format, path string) []string {
	t.Helper()
	var rows []string
	err := importer.Read(path, importer.Options{Format: format}, func(row *importer.Row) error {
		text := fmt.Sprintf("%d", row.Line)
		if row.User != nil {
			text += " " + row.User.Email
		}
		for _, note := range row.Notes {
			text += " [" + note.Field + ": " + note.Cause + "]"
		}
		rows = append(rows, text)
		return nil
	})
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
	return rows
}

func TestBadRowsAreToldAndTheRestIsRead(t *testing.T) {
	t.Parallel()
	bomb := "pbkdf2_sha256$4000000000$salt$" + strings.Repeat("A", 43) + "="
	file := write(t, "users.ndjson", strings.Join([]string{
		`{"email": "ada@example.com", "password": {"hash": "$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}}`,
		"",
		`{"email": "bro` + "\xff" + `ken@example.com"}`,
		`{"email": "bomb@example.com", "password": {"hash": "` + bomb + `"}}`,
		`{"email": 7}`,
		`{"email": "typo@example.com", "passwrd": {"hash": "canary"}}`,
		`[1]`,
		`{"email": "` + strings.Repeat("x", 1<<20) + `"}`,
		`{"email": "id@example.com", "id": "17"}`,
		`{"email": "late@example.com"}`,
		`{"email": "cut@exam`,
	}, "\n"))
	want := []string{
		"1 ada@example.com",
		"3 [: The row has bytes that are not UTF-8.]",
		"4 bomb@example.com [password: The user was imported without a password, and chooses one by a reset: the hash takes more time or memory to compare than is allowed.]",
		"5 [email: The field has a value of a wrong kind.]",
		"6 [: The row has a field that this format does not have.]",
		"7 [: The row is not a JSON object.]",
		"8 [: The row is longer than 1 MB.]",
		"9 [id: The id is no UUID. Use externalId for ids of other kinds.]",
		"10 late@example.com",
		"11 [: The row is not JSON, or breaks off.]",
	}
	if diff := cmp.Diff(want, read(t, "latchkey", file)); diff != "" {
		t.Errorf("the rows (-want +got):\n%s", diff)
	}
}

func TestAnUnknownFormatIsAnError(t *testing.T) {
	t.Parallel()
	err := importer.Read("x", importer.Options{Format: "lachkey"}, nil)
	if err == nil || !strings.Contains(err.Error(), "did you mean latchkey") {
		t.Errorf("got %v, want a suggestion", err)
	}
}

// fuzz reads whatever there is in each format: it ends, and tells nothing of what it has read.
func FuzzRead(f *testing.F) {
	seeds := []string{
		`{"email":"a@example.com","passkeys":[{"rpId":"x","credentialId":"AA"}]}`, "[{}]", `{"users":[{"email":"a@example.com"},`, "id,email\n1,a@example.com\n\"",
		"\xef\xbb\xbf[]", `{"users": 1}`, `[{"model":"auth.user","pk":1,"fields":{"email":"a@example.com","password":"x"}}]`, "{\"a\":{}}\n{", "[1,", "{\"email\":\"\\u0000@x\"}",
	}
	for n, name := range importer.Formats() {
		for _, seed := range seeds {
			f.Add(n, seed)
		}
		_ = name
	}
	f.Fuzz(func(t *testing.T, n int, text string) {
		formats := importer.Formats()
		format := formats[((n%len(formats))+len(formats))%len(formats)]
		rows := 0
		err := importer.Read("-", importer.Options{Format: format, Stdin: strings.NewReader(text)}, func(row *importer.Row) error {
			rows++
			if row.User == nil && len(row.Notes) == 0 {
				t.Error("a row is neither read nor told")
			}
			return nil
		})
		if rows > len(text)+1 {
			t.Errorf("got %d rows of %d bytes (%v)", rows, len(text), err)
		}
	})
}
