package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/profile"
)

func setProfile(t *testing.T, w *authtest.World, email, patch string) (*auth.User, error) {
	t.Helper()
	parsed, err := profile.ParsePatch([]byte(patch))
	must(t, err)
	return w.SetProfile(t.Context(), email, parsed)
}

func wantProfile(t *testing.T, w *authtest.World, email string, want profile.Profile) {
	t.Helper()
	if got := reload(t, w, email).Profile; got != want {
		t.Errorf("the profile is %s, want %s", got, want)
	}
}

func TestUsersDoNotSetWhatOperatorsSet(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, fields(t, authtest.Optional, subscribed, ``))
		given := map[string]any{"nick": "a", "plan": "pro", "company": map[string]any{"name": "x", "vat": "GB1"}, "billing": map[string]any{}}
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword, Profile: given})
		paths(t, err, "billing", "company.vat", "plan")
		_, err = w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword, Profile: map[string]any{"nick": "a", "plan": nil}})
		must(t, err)
		caller, _ := w.LogIn(t, ada, adasPassword)
		_, err = update(t, w, caller, given)
		paths(t, err, "billing", "company.vat", "plan")

		_, err = setProfile(t, w, ada, `{"plan": "pro", "company": {"name": "x", "vat": "GB1"}, "billing": {"card": "1"}}`)
		must(t, err)
		const set profile.Profile = `{"billing":{"card":"1"},"company":{"name":"x","vat":"GB1"},"nick":"a","plan":"pro"}`
		for name, c := range map[string]struct {
			change map[string]any
			want   []string
		}{
			"another value":          {map[string]any{"plan": "free"}, []string{"plan"}},
			"null":                   {map[string]any{"plan": nil}, []string{"plan"}},
			"null for the whole":     {nil, []string{"billing", "company.vat", "plan"}},
			"null around it":         {map[string]any{"company": nil}, []string{"company.vat"}},
			"a text in place of it":  {map[string]any{"company": "x"}, []string{"company", "company.vat"}},
			"a list in place of it":  {map[string]any{"company": []any{map[string]any{"vat": "GB1"}}}, []string{"company", "company.vat"}},
			"within a marked object": {map[string]any{"billing": map[string]any{"card": "2"}}, []string{"billing"}},
			"more in it":             {map[string]any{"billing": map[string]any{"x": 1}}, []string{"billing"}},
			"null in it":             {map[string]any{"billing": map[string]any{"card": nil}}, []string{"billing"}},
			"what was not there":     {map[string]any{"seats": 1}, []string{"seats"}},
			"a field beside it too":  {map[string]any{"nick": "b", "plan": "free"}, []string{"plan"}},
		} {
			_, err := update(t, w, caller, c.change)
			if err == nil {
				t.Errorf("%s is accepted", name)
				continue
			}
			paths(t, err, c.want...)
			wantProfile(t, w, ada, set)
		}

		user, err := update(t, w, caller, map[string]any{"nick": "b", "plan": "pro", "company": map[string]any{"name": nil}, "billing": map[string]any{}})
		must(t, err)
		if want := `{"billing":{"card":"1"},"company":{"vat":"GB1"},"nick":"b","plan":"pro"}`; string(user.Profile) != want {
			t.Errorf("the profile is %s, want %s", user.Profile, want)
		}
	})
}

func TestSetProfile(t *testing.T) {
	t.Parallel()
	config := fields(t, authtest.Mandatory, subscribed+`, "referrer": {"readOnly": true, "maxLength": 5}`, ``)
	config.Claims = claims(t, config, "profile.plan", "profile.billing")
	w := authtest.New(t, authtest.SQLite(t), config)
	joined := w.Join(t, ada, adasPassword)

	t.Run("merges what users may not set, and what they may, at the time of it", func(t *testing.T) {
		w.Clock.Advance(time.Minute)
		user, err := setProfile(t, w, " ADA@lovelace.example ", `{"plan": "pro", "nick": "n", "referrer": "eve", "seats": 9007199254740993, "company": {"vat": "<GB1>"}}`)
		must(t, err)
		wantProfile(t, w, ada, `{"company":{"vat":"<GB1>"},"nick":"n","plan":"pro","referrer":"eve","seats":9007199254740993}`)
		if diff := cmp.Diff(user, reload(t, w, ada)); diff != "" || !user.UpdatedAt.Equal(w.Clock.Now()) {
			t.Error("what is returned is not what is stored, or its time is not now")
		}
		_, err = setProfile(t, w, ada, `{"referrer": "bob", "seats": null, "nick": null}`)
		must(t, err)
		wantProfile(t, w, ada, `{"company":{"vat":"<GB1>"},"plan":"pro","referrer":"bob"}`)
		_, err = w.SetProfile(t.Context(), ada, nil)
		must(t, err)
		wantProfile(t, w, ada, `{"company":{"vat":"<GB1>"},"plan":"pro","referrer":"bob"}`)
	})
	t.Run("refuses what breaks the schema, with every fault, and changes nothing", func(t *testing.T) {
		before := reload(t, w, ada)
		w.Clock.Advance(time.Minute)
		_, err := setProfile(t, w, ada, `{"plan": 1, "nick": 2, "referrer": "too long"}`)
		paths(t, err, "nick", "plan", "referrer")
		_, err = setProfile(t, w, ada, `{"nick": "a\u0000"}`)
		paths(t, err, "nick")
		if diff := cmp.Diff(before, reload(t, w, ada)); diff != "" {
			t.Error("something was written")
		}
	})
	t.Run("refuses claims that no token can carry", func(t *testing.T) {
		_, err := setProfile(t, w, ada, `{"billing": {"card": "`+strings.Repeat("x", 1000)+`"}}`)
		paths(t, err, "")
		_, err = setProfile(t, w, ada, `{"nick": "`+strings.Repeat("x", 2000)+`"}`)
		must(t, err)
	})
	t.Run("but not for claims that were there before they were claims", func(t *testing.T) {
		long := `{"billing": {"card": "` + strings.Repeat("y", 2000) + `"}}`
		without := config
		without.Claims = auth.Claims{}
		_, err := setProfile(t, w.Replica(authtest.Difference{Config: without}), ada, long)
		must(t, err)
		_, err = setProfile(t, w, ada, `{"nick": null}`)
		must(t, err)
		_, err = setProfile(t, w, ada, `{"billing": null}`)
		must(t, err)
	})
	t.Run("is written down as an operator's", func(t *testing.T) {
		events, err := w.Store.AuditEvents(t.Context(), joined.ID, time.Time{}, uuid.Nil, 100)
		must(t, err)
		last := events[len(events)-1]
		if last.Act != "profile_updated" || last.Outcome != "ok" || last.RequestID != "" || last.SessionID != uuid.Nil {
			t.Errorf("the last act is %s, %s, by %q", last.Act, last.Outcome, last.RequestID)
		}
	})
	t.Run("finds users only", func(t *testing.T) {
		signUp(t, w, nobody, adasPassword)
		for _, address := range []string{nobody, "someone@else.example"} {
			if _, err := setProfile(t, w, address, `{}`); !errors.Is(err, auth.ErrNotFound) {
				t.Errorf("of %s the error is %v", address, err)
			}
			if _, err := w.Account(t.Context(), address); !errors.Is(err, auth.ErrNotFound) {
				t.Errorf("of %s the error is %v", address, err)
			}
		}
		_, err := setProfile(t, w, "ada", `{}`)
		refused(t, err, auth.InvalidEmail)
		_, err = w.Account(t.Context(), "ada")
		refused(t, err, auth.InvalidEmail)
		user, err := w.Account(t.Context(), ada)
		must(t, err)
		if diff := cmp.Diff(reload(t, w, ada), user); diff != "" {
			t.Error("got another user than the stored one, want the same")
		}
	})
}

func TestOperatorsAndUsersAtOnceLoseNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, fields(t, authtest.Optional, subscribed, ``))
		signUp(t, w, ada, adasPassword)
		caller, _ := w.LogIn(t, ada, adasPassword)
		for _, err := range atOnce(10, func(i int) error {
			if i%2 == 0 {
				_, err := update(t, w, caller, map[string]any{fmt.Sprint(i): i})
				return err
			}
			_, err := w.SetProfile(t.Context(), ada, map[string]any{fmt.Sprint(i): i})
			return err
		}) {
			must(t, err)
		}
		wantProfile(t, w, ada, `{"0":0,"1":1,"2":2,"3":3,"4":4,"5":5,"6":6,"7":7,"8":8,"9":9}`)
	})
}

func TestAConfirmationNeitherGivesNorTakesWhatOperatorsSet(t *testing.T) {
	t.Parallel()
	config := fields(t, authtest.Mandatory, subscribed, ``)

	t.Run("a sign-up from before the mark does not bring it", func(t *testing.T) {
		before := authtest.New(t, authtest.SQLite(t), fields(t, authtest.Mandatory, ``, ``))
		_, err := before.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword, Profile: map[string]any{
			"nick": "a", "plan": "pro", "company": map[string]any{"name": "x", "vat": "GB1"}, "billing": map[string]any{"card": "1"},
		}})
		must(t, err)
		w := before.Replica(authtest.Difference{Config: config})
		user, err := w.ConfirmEmail(t.Context(), before.Letter(t, auth.LetterConfirm).Token)
		must(t, err)
		if user.Profile != `{"company":{"name":"x"},"nick":"a"}` {
			t.Errorf("the profile is %s", user.Profile)
		}
		wantProfile(t, w, ada, user.Profile)
	})
	t.Run("another sign-up for an address that is not confirmed does not take it away", func(t *testing.T) {
		w := authtest.New(t, authtest.SQLite(t), config)
		_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: ada, Role: auth.RoleUser, Password: adasPassword})
		must(t, err)
		_, err = setProfile(t, w, ada, `{"nick": "a", "plan": "barred", "company": {"name": "x", "vat": "GB1"}}`)
		must(t, err)
		_, err = w.ConfirmEmail(t.Context(), confirmLink(t, w, ada, evesPassword))
		must(t, err)
		wantProfile(t, w, ada, `{"company":{"vat":"GB1"},"plan":"barred"}`)
	})
}
