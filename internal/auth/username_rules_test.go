package auth

// In the package, for names that no sign-up gets as far as with.

import (
	"strings"
	"testing"

	"golang.org/x/text/secure/precis"
)

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

func TestUsernamesAreThoseOfTheUsernameCaseMappedProfile(t *testing.T) {
	t.Parallel()
	s := &Service{config: Config{Usernames: UsernamesOptional}}
	accepted := 0
	for r := rune(1); r <= 0x1ffff; r++ {
		typed := "Ad" + string(r) + "a1"
		got, problems := s.presentedUsername(typed)
		if problems != nil {
			continue
		}
		accepted++
		want, err := precis.UsernameCaseMapped.String(typed)
		if err != nil || got.Key != want {
			t.Errorf("%+q has the key %+q, want %+q (%v)", typed, got.Key, want, err)
		}
		if strings.ContainsFunc(got.Name, func(r rune) bool { return r > '~' }) || !strings.EqualFold(got.Name, got.Key) {
			t.Errorf("%+q is shown as %+q, want %+q in other capitals", typed, got.Name, got.Key)
		}
		for _, again := range []string{got.Name, got.Key} {
			if other, problems := s.presentedUsername(again); problems != nil || other.Key != got.Key {
				t.Errorf("%+q of %+q has the key %+q, want %+q", again, typed, other.Key, got.Key)
			}
		}
	}
	// 62 letters and digits, three punctuation marks, all of them in full width as well, and the Kelvin sign.
	if want := 2*(62+3) + 1; accepted != want {
		t.Errorf("%d characters may stand in a username, want %d", accepted, want)
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
