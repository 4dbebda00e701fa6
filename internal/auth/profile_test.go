package auth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/profile"
)

// fields returns a configuration in which the profile has these properties, as JSON.
func fields(t *testing.T, config auth.Config, properties, more string) auth.Config {
	t.Helper()
	schema, err := profile.Parse("test.json", []byte(`{"type": "object", "properties": {`+properties+`}`+more+`}`))
	must(t, err)
	config.Profile = schema
	return config
}

// paths fails the test unless err is problems of the profile at these paths.
func paths(t *testing.T, err error, want ...string) {
	t.Helper()
	var problems auth.Problems
	if err != nil {
		problems = asProblems(t, err)
	}
	got := []string{}
	for _, p := range problems {
		if p.Code != auth.InvalidProfile || len(p.Path) < 2 || p.Path[0] != "input" || p.Path[1] != "profile" {
			t.Errorf("the problem is %s at %v", p.Code, p.Path)
			continue
		}
		got = append(got, strings.Join(p.Path[2:], "."))
	}
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func update(t *testing.T, w *authtest.World, caller *auth.Caller, change map[string]any) (*auth.User, error) {
	t.Helper()
	return w.UpdateProfile(t.Context(), caller, auth.UpdateProfileInput{Profile: &change})
}

func TestWhatNoProfileCanHold(t *testing.T) {
	t.Parallel()
	config := fields(t, authtest.Optional, ``, ``)
	w := authtest.New(t, authtest.SQLite(t), config)
	signUp(t, w, ada, adasPassword)
	caller, _ := w.LogIn(t, ada, adasPassword)
	deep := any("x")
	for range 20 {
		deep = map[string]any{"d": deep}
	}
	many := map[string]any{}
	for i := range 500 {
		many[fmt.Sprint(i)] = "\x00"
	}
	for _, c := range []struct {
		name  string
		given map[string]any
		want  []string
	}{
		{"17 KB", map[string]any{"a": strings.Repeat("x", 17<<10)}, []string{""}},
		{"17 KB of names", map[string]any{strings.Repeat("x", 17<<10): 1}, []string{""}},
		{"a million items", map[string]any{"a": make([]any, 1e6)}, []string{""}},
		{"20 levels", map[string]any{"a": deep}, []string{""}},
		{"a NUL", map[string]any{"a": []any{"x", map[string]any{"b": "\x00"}}}, []string{"a.1.b"}},
		{"a NUL in a name", map[string]any{"a": map[string]any{"b\x00": 1}}, []string{"a"}},
		{"what is not UTF-8", map[string]any{"a": "\xff"}, []string{"a"}},
		{"what is no JSON", map[string]any{"a": func() {}}, []string{"a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: nobody, Password: newPassword, Profile: c.given})
			paths(t, err, c.want...)
			_, err = update(t, w, caller, c.given)
			paths(t, err, c.want...)
		})
	}
	t.Run("a small input does not ask for a large answer", func(t *testing.T) {
		_, err := update(t, w, caller, many)
		if n := len(asProblems(t, err)); n != 50 {
			t.Errorf("%d problems are told", n)
		}
	})
	t.Run("16 KB less a little", func(t *testing.T) {
		user, err := update(t, w, caller, map[string]any{"a": strings.Repeat("<", 16<<10-8)})
		must(t, err)
		if len(user.Profile) != 16<<10 {
			t.Errorf("the profile has %d bytes", len(user.Profile))
		}
		_, err = update(t, w, caller, map[string]any{"b": 1})
		paths(t, err, "")
	})
}

func TestASchemaThatGrewStricter(t *testing.T) {
	t.Parallel()
	const both = `"plan": {"enum": ["free", "team"]}, "nick": {"type": "string"}, "address": {"type": "object", "properties": {"city": {"type": "string"}}}`
	w := authtest.New(t, authtest.SQLite(t), fields(t, authtest.Optional, both, ``))
	_, err := w.Register(t.Context(), auth.RegisterInput{
		Email: ada, Password: adasPassword,
		Profile: map[string]any{"plan": "free", "nick": "a", "address": map[string]any{"city": "London"}},
	})
	must(t, err)

	stricter := w.Replica(authtest.Difference{Config: fields(t, authtest.Optional,
		`"plan": {"enum": ["team"]}, "nick": {"minLength": 2}, "born": {"format": "date"},
		"address": {"type": "object", "properties": {"city": {"maxLength": 3}, "zip": {"type": "string"}}, "required": ["zip"]}`,
		`, "required": ["born"], "minProperties": 4, "additionalProperties": false`)})
	caller, _ := stricter.LogIn(t, ada, adasPassword)

	for _, c := range []struct {
		name   string
		change map[string]any
		want   []string
	}{
		{"what the update does not name is not held against the user", map[string]any{"nick": "ada"}, nil},
		{"what it names is, if it is wrong", map[string]any{"plan": "free", "nick": "b"}, []string{"nick", "plan"}},
		{"and if it is missing", map[string]any{"born": nil}, []string{"born"}},
		{"and what it breaks elsewhere", map[string]any{"address": map[string]any{"city": 1, "x": "y"}, "other": 2}, []string{"other"}},
		{"within a field, the rest of it is not", map[string]any{"address": map[string]any{"city": "Rom"}}, nil},
		{"a whole that it replaces has to fit", map[string]any{"address": []any{}}, []string{"address"}},
		{"what is mended stays so", map[string]any{"born": "1815-12-10", "plan": "team"}, nil},
		{"and is held against the user again", map[string]any{"born": nil}, []string{"", "born"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := update(t, stricter, caller, c.change)
			paths(t, err, c.want...)
		})
	}

	t.Run("without a schema, fields can be taken away only", func(t *testing.T) {
		none := w.Replica(authtest.Difference{Config: authtest.Optional})
		caller, _ := none.LogIn(t, ada, adasPassword)
		_, err := update(t, none, caller, map[string]any{"nick": "eve"})
		paths(t, err, "nick")
		user, err := update(t, none, caller, map[string]any{"nick": nil})
		must(t, err)
		if strings.Contains(string(user.Profile), "nick") {
			t.Error("got a profile with the field nick, want one without")
		}
		user, err = update(t, none, caller, nil)
		must(t, err)
		if user.Profile != profile.Empty {
			t.Errorf("the profile is %s", user.Profile)
		}
	})
}

func TestUpdateProfile(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), fields(t, authtest.Optional, `"n": {"type": "number"}`, ``))
	signUp(t, w, ada, adasPassword)
	caller, _ := w.LogIn(t, ada, adasPassword)
	name := func(s string) auth.UpdateProfileInput { return auth.UpdateProfileInput{Name: &s} }

	t.Run("changes what is given, and when", func(t *testing.T) {
		before := reload(t, w, ada)
		w.Clock.Advance(time.Second)
		user, err := w.UpdateProfile(t.Context(), caller, name(" Ada "))
		must(t, err)
		if user.Name != "Ada" || user.Profile != profile.Empty || !user.UpdatedAt.After(before.UpdatedAt) {
			t.Errorf("the user is %q, %s, of %v", user.Name, user.Profile, user.UpdatedAt)
		}
		if diff := cmp.Diff(user, reload(t, w, ada)); diff != "" {
			t.Error("what is returned is not what is stored")
		}
	})
	t.Run("writes nothing where nothing is different", func(t *testing.T) {
		before := reload(t, w, ada)
		w.Clock.Advance(time.Second)
		for _, in := range []auth.UpdateProfileInput{{}, name("Ada"), {Profile: &map[string]any{}}, {Profile: &map[string]any{"n": nil}}} {
			user, err := w.UpdateProfile(t.Context(), caller, in)
			must(t, err)
			if diff := cmp.Diff(before, user); diff != "" {
				t.Error("something was written")
			}
		}
	})
	t.Run("changes nothing where something is wrong", func(t *testing.T) {
		before := reload(t, w, ada)
		eve := "Eve"
		_, err := w.UpdateProfile(t.Context(), caller, auth.UpdateProfileInput{Name: &eve, Profile: &map[string]any{"n": "x"}})
		paths(t, err, "n")
		if diff := cmp.Diff(before, reload(t, w, ada)); diff != "" {
			t.Error("something was written")
		}
	})
	t.Run("is not for somebody who has been disabled or erased meanwhile", func(t *testing.T) {
		_, err := w.DisableAccount(t.Context(), ada)
		must(t, err)
		_, err = w.UpdateProfile(t.Context(), caller, name("Eve"))
		_ = failed(t, err, auth.Unauthenticated)
		nobody := *caller
		nobody.User = &auth.User{}
		_, err = w.UpdateProfile(t.Context(), &nobody, name("Eve"))
		_ = failed(t, err, auth.Unauthenticated)
	})
}

func TestUpdatesAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, fields(t, authtest.Optional, ``, ``))
		signUp(t, w, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		for _, err := range atOnce(10, func(i int) error {
			_, err := update(t, w, caller, map[string]any{fmt.Sprint(i): i})
			return err
		}) {
			must(t, err)
		}
		if got := reload(t, w, ada).Profile; got != `{"0":0,"1":1,"2":2,"3":3,"4":4,"5":5,"6":6,"7":7,"8":8,"9":9}` {
			t.Errorf("the profile is %s", got)
		}
	})
}

func TestOfSeveralSignUpsNobodysProfileIsTakenOver(t *testing.T) {
	t.Parallel()
	config := fields(t, authtest.Mandatory, `"plan": {}`, ``)
	config.Usernames = auth.UsernamesOptional
	w := authtest.New(t, authtest.SQLite(t), config)
	in := auth.RegisterInput{Email: ada, Password: adasPassword, Username: "ada-one", Profile: map[string]any{"plan": 1.0}}

	t.Run("of one it is", func(t *testing.T) {
		one := in
		one.Email, one.Username = nobody, "alone"
		_, err := w.Register(t.Context(), one)
		must(t, err)
		user, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
		must(t, err)
		if user.Profile != `{"plan":1}` || user.Username != (auth.Username{Name: "alone", Key: "alone"}) {
			t.Errorf("the user is %v with %s", user.Username, user.Profile)
		}
	})
	t.Run("of two it is not, and their names are free", func(t *testing.T) {
		_, err := w.Register(t.Context(), in)
		must(t, err)
		in.Username, in.Password = "Ada-Two", evesPassword
		_, err = w.Register(t.Context(), in)
		must(t, err)
		user, err := w.ConfirmEmail(t.Context(), w.Letters(t)[1].Token)
		must(t, err)
		if user.Profile != profile.Empty || user.Username != (auth.Username{}) {
			t.Errorf("the user is %v with %s", user.Username, user.Profile)
		}
		in.Username = "ADA-ONE"
		_, err = w.Register(t.Context(), in)
		must(t, err)
	})
	t.Run("nor that of a user who never confirmed", func(t *testing.T) {
		const eve = "eve@hers.example"
		open := config
		open.EmailVerification = auth.VerificationOptional
		in.Email, in.Username = eve, "mallory"
		_, err := w.Replica(authtest.Difference{Config: open}).Register(t.Context(), in)
		must(t, err)
		w.Letters(t)
		in.Username = "hers"
		_, err = w.Register(t.Context(), in)
		must(t, err)
		user, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
		must(t, err)
		if user.Profile != profile.Empty || user.Username != (auth.Username{}) {
			t.Errorf("the user is %v with %s", user.Username, user.Profile)
		}
		if diff := cmp.Diff(user, reload(t, w, eve)); diff != "" {
			t.Error("what is returned is not what is stored")
		}
		for _, name := range []string{"mallory", "hers"} {
			in.Username = name
			_, err = w.Register(t.Context(), in)
			must(t, err)
		}
	})
}
