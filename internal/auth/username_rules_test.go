package auth

// In the package, for names that no sign-up gets as far as with.

import "testing"

func TestUsernameFault(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ada", "Ada.Lovelace", "a-b_c.d", "123", "a1b", "abcdefghijklmnopqrstuvwxyz1234"} {
		if fault := usernameFault(name); fault != "" {
			t.Errorf("%q: %s", name, fault)
		}
	}
	for _, name := range []string{
		"", "a", "ab", "abcdefghijklmnopqrstuvwxyz12345", "ada@example.org", "a b", ".ada", "ada.", "-ada", "ada_", "a..b", "a._b",
		"a-_b", "àda", "аda", "ada\x00", "ada\n", "a/b", "a%2fb", "ad\xff", "ａｄａ", "ada\u200b", "---", "K\u212a\u212a",
	} {
		if usernameFault(name) == "" {
			t.Errorf("%q may be a username", name)
		}
	}
}

func TestReservedUsernames(t *testing.T) {
	t.Parallel()
	if len(reservedUsernames) < 150 {
		t.Errorf("%d names are reserved, want at least 150", len(reservedUsernames))
	}
	for _, name := range []string{"admin", "root", "support", "system", "login", "latchkey", "a.d.m.i.n", "no-reply", "well-known", "mailer_daemon", "m.e"} {
		if !(Username{Name: name, Key: name}).reserved() {
			t.Errorf("%q is not reserved", name)
		}
	}
	for _, name := range []string{"ada", "admin1", "badminton"} {
		if (Username{Name: name, Key: name}).reserved() {
			t.Errorf("%q is reserved", name)
		}
	}
}
