package importer_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/importer"
)

// move imports lines into a new database, and returns what is exported from there.
func move(t *testing.T, lines string, withHashes bool) string {
	t.Helper()
	config := authtest.Mandatory
	config.Usernames = auth.UsernamesOptional
	w := authtest.New(t, authtest.SQLite(t), config)
	var users []*auth.ImportedUser
	err := importer.Read("-", importer.Options{Format: "latchkey", Stdin: strings.NewReader(lines)}, func(row *importer.Row) error {
		if row.User == nil || len(row.Notes) > 0 {
			t.Errorf("line %d: got the notes %v, want none", row.Line, row.Notes)
			return nil
		}
		users = append(users, row.User)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	run := w.NewImport(authtest.AsOperator(""), auth.ImportOptions{Source: "latchkey", OnConflict: auth.ConflictFail, AllowRoles: true})
	results, err := run.Batch(t.Context(), users)
	if err != nil {
		t.Fatal(err)
	}
	for n, result := range results {
		if result.Outcome != auth.ImportCreated || len(result.Notes) > 0 {
			t.Errorf("row %d: got %+v, want a user without notes", n, result)
		}
	}
	var out bytes.Buffer
	writer := importer.NewWriter(&out, "")
	if err := w.EachExported(t.Context(), authtest.AsOperator(""), withHashes, writer.Write); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAnExportIsReadBackByteForByte(t *testing.T) {
	t.Parallel()
	lines := `{"source":"django","externalId":"7","email":"Ada@example.com","emailVerified":true,"username":"Ada","name":"Ada <L> & Söhne","createdAt":"2020-01-02T03:04:05.678901Z","role":"ADMIN","password":{"hash":"pbkdf2_sha256$1000$c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},"totpSecret":"jbsw y3dp ehpk 3pxp","identities":[{"issuer":"https://accounts.google.com","subject":"117","provider":"google","email":"a@b.c"}]}
{"email":"bob@example.com","emailVerified":false,"disabled":true,"createdAt":"2021-01-02T03:04:05Z","password":{"hash":"5f4dcc3b5aa765d61d8327deb882cf99"}}
`
	first := move(t, lines, true)
	if second := move(t, first, true); second != first {
		t.Errorf("got\n%s\nafter a second move, want\n%s", second, first)
	}
	for _, want := range []string{`"totpSecret":"JBSWY3DPEHPK3PXP"`, `"hash":"foreign$`, `$md5:`, `Ada <L> & Söhne`, `"source":"django","externalId":"7"`} {
		if !strings.Contains(first, want) {
			t.Errorf("got\n%s\nwithout %s", first, want)
		}
	}
	bare := move(t, lines, false)
	if strings.Contains(bare, "totpSecret") || strings.Contains(bare, "hash") || !strings.Contains(bare, "ada@") && !strings.Contains(bare, "Ada@") {
		t.Errorf("got\n%s\nwant no secrets of accounts", bare)
	}
}
