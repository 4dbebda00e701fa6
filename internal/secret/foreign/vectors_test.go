package foreign_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// vector is a hash that another program made of a password.
type vector struct {
	By       string
	As       string // which function reads it
	Password string
	Text     []string
}

func (v vector) parse() (foreign.Hash, error) {
	switch v.As {
	case "text":
		return foreign.Parse(v.Text[0])
	case "wordpress":
		return foreign.ParseWordPress(v.Text[0])
	case "devise":
		return foreign.ParseDevise(v.Text[0], v.Text[1])
	case "keycloak":
		return foreign.ParseKeycloak(v.Text[0], v.Text[1])
	case "aspnet":
		return foreign.ParseASPNET(v.Text[0])
	case "better-auth":
		return foreign.ParseBetterAuth(v.Text[0])
	case "unsalted":
		return foreign.ParseUnsalted(v.Text[0])
	}
	return foreign.Hash{}, foreign.ErrUnknown
}

// matches compares a password with a hash as a login does, also with one that is kept in a digest.
func matches(t *testing.T, hash foreign.Hash, password string) bool {
	t.Helper()
	wrapping, digest, fast := hash.Fast()
	if fast {
		made, err := foreign.Digest(wrapping, []byte(password))
		if err != nil {
			t.Fatal(err)
		}
		return made == digest
	}
	again, err := foreign.Read(hash.Stored())
	if err != nil {
		t.Fatalf("got %v for what was stored, want the hash", err)
	}
	if again.Stored() != hash.Stored() || again.Class() != hash.Class() || !strings.HasPrefix(hash.Stored(), hash.Class()) {
		t.Error("got another hash from reading it again, want the same")
	}
	return again.Matches([]byte(password))
}

func check(t *testing.T, lines []byte) (checked int) {
	t.Helper()
	for scanner := bufio.NewScanner(bytes.NewReader(lines)); scanner.Scan(); checked++ {
		var v vector
		if err := json.Unmarshal(scanner.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		hash, err := v.parse()
		if err != nil {
			t.Errorf("line %d, %s as %s: got %v, want a hash", checked+1, v.By, v.As, err)
			continue
		}
		if !matches(t, hash, v.Password) {
			t.Errorf("line %d, %s as %s: got its password refused, want it to match", checked+1, v.By, v.As)
		}
		if matches(t, hash, "x"+v.Password) || matches(t, hash, strings.ToUpper(v.Password)+"y") {
			t.Errorf("line %d, %s as %s: got another password accepted, want none", checked+1, v.By, v.As)
		}
	}
	return checked
}

// TestHashesOfOtherProgramsMatchTheirPasswords has what the programs in testdata made, from the scripts beside it.
func TestHashesOfOtherProgramsMatchTheirPasswords(t *testing.T) {
	t.Parallel()
	lines, err := os.ReadFile("testdata/hashes.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if checked := check(t, lines); checked < 100 {
		t.Errorf("got %d hashes, want more than 100", checked)
	}
}

// TestDjangoOfThisMachine has Django make each of its hashes anew.
func TestDjangoOfThisMachine(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3" // Debian's, which has Debian's Django
	if err := exec.CommandContext(t.Context(), python, "-c", "import django, bcrypt, argon2").Run(); err != nil {
		if os.Getenv("LATCHKEY_TEST_DJANGO") == "required" {
			t.Fatalf("Django is required, and is not here: %v", err)
		}
		t.Skip("needs Django: apt-get install python3-django python3-bcrypt python3-argon2")
	}
	command := exec.CommandContext(t.Context(), python, "testdata/hashes.py")
	command.Stderr = os.Stderr
	lines, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	if checked := check(t, lines); checked != 36 {
		t.Errorf("got %d hashes, want 36: of nine hashers, each of four passwords", checked)
	}
}

// What could not be made here is published with its source.
func TestPublishedHashesMatchTheirPasswords(t *testing.T) {
	t.Parallel()
	for _, v := range []vector{
		// The tests of ASP.NET Core's PasswordHasher: version 2, and version 3 with each function.
		{"ASP.NET Core", "aspnet", "my password", []string{"AAABAgMEBQYHCAkKCwwNDg+ukCEMDf0yyQ29NYubggHIVY0sdEUfdyeM+E1LtH1uJg=="}},
		{"ASP.NET Core", "aspnet", "my password", []string{"AQAAAAAAAAD6AAAAEAhftMyfTJylOlZT+eEotFXd1elee8ih5WsjXaR3PA9M"}},
		{"ASP.NET Core", "aspnet", "my password", []string{"AQAAAAEAA9CQAAAAIESkQuj2Du8Y+kbc5lcN/W/3NiAZFEm11P27nrSN5/tId+bR1SwV8CO1Jd72r4C08OLvplNlCDc3oQZ8efcW+jQ="}},
		{"ASP.NET Core", "aspnet", "my password", []string{"AQAAAAIAAAAyAAAAEOMwvh3+FZxqkdMBz2ekgGhwQ4B6pZWND6zgESBuWiHw"}},
		{"ASP.NET Core", "aspnet", "my password", []string{"AQAAAAIAAAD6AAAAIJbVi5wbMR+htSfFp8fTw8N8GOS/Sje+S/4YZcgBfU7EQuqv4OkVYmc4VJl9AGZzmRTxSkP7LtVi9IWyUxX8IAAfZ8v+ZfhjCcudtC1YERSqE1OEdXLW9VukPuJWBBjLuw=="}},
		// The test program of phpass.
		{"phpass", "text", "test12345", []string{"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"}},
		{"phpass", "wordpress", "test12345", []string{"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"}},
		// crypt(3), with a salt that is cut, and without rounds.
		{"crypt(3)", "text", "Hello world!", []string{"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"}},
		{"crypt(3)", "text", "Hello world!", []string{"$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"}},
		{"crypt(3)", "text", "Hello world!", []string{"$5$rounds=10000$saltstringsaltstring$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"}},
		{"crypt(3)", "text", "Hello world!", []string{"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"}},
		{"Kratos, of crypt(3)", "text", "Hello world!", []string{"$sha512-crypt$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"}},
		{"anybody", "unsalted", "password", []string{"5f4dcc3b5aa765d61d8327deb882cf99"}},
		{"anybody", "unsalted", "password", []string{"5baa61e4c9b93f3f0682250b6cf8331b7ee68fd8"}},
	} {
		hash, err := v.parse()
		if err != nil {
			t.Errorf("%s %s: got %v, want a hash", v.By, v.Text[0], err)
			continue
		}
		if !matches(t, hash, v.Password) || matches(t, hash, v.Password+"x") {
			t.Errorf("%s %s: got its password refused or another accepted, want only its own", v.By, v.Text[0])
		}
	}
}
