package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/secret"
)

var (
	_ = newPart("costs of passwords", passwordCosts)
	_ = newCalls(calls{
		"PasswordCosts": func(ctx context.Context, s rows) error { _, err := s.PasswordCosts(ctx); return err },
	})
)

func passwordCosts(t *testing.T, open Open) {
	s := open(t)
	costs := func() []secret.HashClass {
		found, err := s.PasswordCosts(t.Context())
		must(t, err)
		slices.SortFunc(found, func(a, b secret.HashClass) int { return strings.Compare(a.Beginning, b.Beginning) })
		return found
	}
	if got := costs(); len(got) != 0 {
		t.Errorf("got the costs %v of no hashes, want none", got)
	}
	const salt, sum = "c29tZSBzYWx0IC8rQQ", "aGFzaCB3aXRoIGFsbCBsZXR0ZXJzICsvIDAxMjM0NTY"
	for _, cost := range []string{"m=19456,t=2,p=1", "m=65536,t=3,p=1", "m=65536,t=3,p=1"} {
		must(t, s.SetPassword(t.Context(), addUser(t, s).ID, secret.Text("$argon2id$v=19$"+cost+"$"+salt+"$"+sum), noon))
	}
	signUp := newSignUp(email())
	signUp.PasswordHash = secret.Text("$argon2id$v=19$m=64,t=1,p=2$" + salt + "$" + sum)
	must(t, s.CreateSignUp(t.Context(), signUp))
	for range 2 {
		must(t, s.SetPassword(t.Context(), addUser(t, s).ID, secret.Text("foreign$bcrypt:10$"+salt+"$"+sum), noon))
	}
	want := []secret.HashClass{
		{Beginning: "$argon2id$v=19$m=19456,t=2,p=1$", Accounts: 1},
		{Beginning: "$argon2id$v=19$m=64,t=1,p=2$"},
		{Beginning: "$argon2id$v=19$m=65536,t=3,p=1$", Accounts: 2},
		{Beginning: "foreign$bcrypt:10$", Accounts: 2},
	}
	if diff := cmp.Diff(want, costs()); diff != "" {
		t.Errorf("got other costs (-want +got):\n%s", diff)
	}

	// Of hashes that another program has written nothing may be read but that there are some.
	for _, foreign := range []string{
		"$2b$12$" + salt + sum, "$argon2id$" + salt + "$" + sum, "$argon2i$v=19$m=64,t=1,p=2$" + salt + "$" + sum, "pbkdf2_sha256$720000$" + salt + "$" + sum + ".-_", sum, "foreign$" + salt + "$" + sum,
	} {
		must(t, s.SetPassword(t.Context(), addUser(t, s).ID, secret.Text(foreign), noon))
	}
	if diff := cmp.Diff(append(want, secret.HashClass{Beginning: "unknown", Accounts: 6}), costs()); diff != "" {
		t.Errorf("got other costs with foreign hashes (-want +got):\n%s", diff)
	}
}
