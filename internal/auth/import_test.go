package auth_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("welcome", lowPriority)

var _ = newDeed("an import, once more with a change, and of an account that was not confirmed", func(t *testing.T, w *authtest.World) {
	row := &auth.ImportedUser{ExternalID: "1", Email: ada, EmailVerified: true}
	imported(t, w, auth.ImportOptions{Source: "django", Welcome: true}, row)
	row.Name = "Ada"
	imported(t, w, auth.ImportOptions{Source: "django", OnConflict: auth.ConflictUpdate}, row)
	must(t, w.EachExported(t.Context(), authtest.AsOperator(""), false, func(*auth.ExportedAccount) error { return nil }))
	_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: nobody, Role: auth.RoleUser})
	must(t, err)
	imported(t, w, auth.ImportOptions{OnConflict: auth.ConflictUpdate}, &auth.ImportedUser{Email: nobody, EmailVerified: true})
})

// imported imports rows in one batch, and returns what came of them.
func imported(t *testing.T, w *authtest.World, options auth.ImportOptions, rows ...*auth.ImportedUser) []auth.ImportResult {
	t.Helper()
	if options.OnConflict == "" {
		options.OnConflict = auth.ConflictSkip
	}
	results, err := w.NewImport(authtest.AsOperator("moving"), options).Batch(t.Context(), rows)
	must(t, err)
	return results
}

// outcomes returns what came of rows, with how many notes each has.
func wantOutcomes(t *testing.T, results []auth.ImportResult, want ...auth.ImportOutcome) {
	t.Helper()
	var got []auth.ImportOutcome
	for _, result := range results {
		got = append(got, result.Outcome)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got the outcomes %q with %+v, want %q", got, results, want)
	}
}

var usernamesOptional = func() auth.Config {
	config := authtest.Mandatory
	config.Usernames = auth.UsernamesOptional
	return config
}()

// ownHashOf returns the hash of a password as an account here has it.
func ownHashOf(t *testing.T, w *authtest.World, password secret.Text) secret.Text {
	t.Helper()
	hash, err := w.Hasher.Hash(t.Context(), password)
	must(t, err)
	return hash
}

func TestImportedUsersSignIn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, usernamesOptional)
		id, since := uuid.New(), time.Date(2019, 5, 6, 7, 8, 9, 0, time.UTC)
		rows := []*auth.ImportedUser{
			{
				ID: id, ExternalID: "7", Email: ada, EmailVerified: true, Username: "Ada", Name: "Ada Lovelace", CreatedAt: since, Role: auth.RoleAdmin,
				PasswordHash: ownHashOf(t, w, adasPassword), TOTPSecret: "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp", RecoveryCodes: []secret.Text{"1234 5678", "short"},
				Identities: []auth.ImportedIdentity{{Issuer: "https://accounts.google.com", Subject: "117", Provider: "google"}},
			},
			{ExternalID: "8", Email: nobody, Disabled: true, PasswordHash: ownHashOf(t, w, adasPassword)},
		}
		results := imported(t, w, auth.ImportOptions{Source: "django"}, rows...)
		wantOutcomes(t, results, auth.ImportCreated, auth.ImportCreated)
		if len(results[0].Notes) != 2 { // the role and the short code
			t.Errorf("got the notes %+v, want two", results[0].Notes)
		}
		user := reload(t, w, ada)
		if user.ID != id || !user.CreatedAt.Equal(since) || user.Role != auth.RoleUser || user.Username.Name != "Ada" || user.Name != "Ada Lovelace" || !user.EmailVerified() {
			t.Errorf("got %+v, want what the row says but the role", user)
		}
		if reload(t, w, nobody).EmailVerified() || !reload(t, w, nobody).Disabled() {
			t.Error("got a user who is confirmed or not disabled, want what the row says")
		}
		grant, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
		must(t, err)
		if grant.Challenge == nil {
			t.Fatal("got a session without the second factor, want a challenge")
		}
		identity, err := w.Store.Identity(t.Context(), "https://accounts.google.com", "117")
		must(t, err)
		if identity.UserID != id {
			t.Error("the identity is another user's")
		}
		w.NoLetter(t)

		wantOutcomes(t, imported(t, w, auth.ImportOptions{Source: "django"}, rows...), auth.ImportUnchanged, auth.ImportUnchanged)
		if n := users(t, w); n != 2 {
			t.Errorf("got %d users after the second import, want 2", n)
		}
	})
}

func TestImportRefusesAndGoesOn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, usernamesOptional)
		results := imported(t, w, auth.ImportOptions{},
			&auth.ImportedUser{Email: "no address"},
			&auth.ImportedUser{Email: ada, EmailVerified: true, Username: "countess"},
			&auth.ImportedUser{Email: strings.ToUpper(ada)},
			&auth.ImportedUser{Email: "bob@example.com", Username: "COUNTESS", Name: "B\x00b", TOTPSecret: "none", Profile: map[string]any{"a": "b"}},
			&auth.ImportedUser{Email: "", ExternalID: "3"},
			&auth.ImportedUser{Email: "eve@example.com", ExternalID: strings.Repeat("x", 600)},
		)
		wantOutcomes(t, results, auth.ImportRefused, auth.ImportCreated, auth.ImportRefused, auth.ImportCreated, auth.ImportRefused, auth.ImportRefused)
		if len(results[3].Notes) != 4 {
			t.Errorf("got the notes %+v, want one each of username, name, app and profile", results[3].Notes)
		}
		if bob := reload(t, w, "bob@example.com"); bob.Username != (auth.Username{}) || bob.Name != "" || bob.HasSecondFactor() {
			t.Errorf("got %+v, want nothing of what was left out", bob)
		}
	})
}

func TestADryRunSaysWhatHappensAndWritesNothing(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, usernamesOptional)
		w.Join(t, nobody, adasPassword)
		batches := [][]*auth.ImportedUser{
			{{Email: ada, Username: "ada", ExternalID: "1"}, {Email: nobody}, {Email: "ADA@lovelace.example"}},
			{{Email: ada, ExternalID: "2"}, {Email: "bob@example.com", Username: "ADA"}, {Email: "bob@example.com"}},
		}
		var ofRuns [2][]auth.ImportResult
		for n, dry := range []bool{true, false} {
			run := w.NewImport(authtest.AsOperator(""), auth.ImportOptions{OnConflict: auth.ConflictSkip, DryRun: dry, Welcome: true})
			for _, batch := range batches {
				results, err := run.Batch(t.Context(), batch)
				must(t, err)
				ofRuns[n] = append(ofRuns[n], results...)
			}
			if dry {
				if users(t, w) != 1 || len(eventsOf(t, w, "account_imported")) != 0 {
					t.Error("the dry run wrote something")
				}
				w.NoLetter(t)
			}
		}
		for i := range ofRuns[0] {
			dry, real := ofRuns[0][i], ofRuns[1][i]
			isTaken := func(o auth.ImportOutcome) bool { return o == auth.ImportCreated }
			if isTaken(dry.Outcome) != isTaken(real.Outcome) || len(dry.Notes) != len(real.Notes) {
				t.Errorf("row %d: the dry run says %+v, and then it is %+v", i, dry, real)
			}
		}
	})
}

func TestImportDropsWhatStrangersPlanted(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, usernamesOptional)
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: evesPassword, Username: "countess"})
		must(t, err)
		planted := w.Letter(t, auth.LetterConfirm).Token
		wantOutcomes(t, imported(t, w, auth.ImportOptions{},
			&auth.ImportedUser{Email: ada, EmailVerified: true, Username: "countess", PasswordHash: ownHashOf(t, w, adasPassword)}), auth.ImportCreated)
		_, err = w.ConfirmEmail(t.Context(), planted)
		refused(t, err, auth.InvalidToken)
		if signUps(t, w) != 0 || logsIn(t, w, ada, evesPassword) || !logsIn(t, w, ada, adasPassword) || reload(t, w, ada).Username.Name != "countess" {
			t.Error("the sign-up of a stranger is there, or its password works, or the owner has lost something")
		}
	})
}

func TestImportTakesNoIdentityOfAnAddressThatNobodyConfirmed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, usernamesOptional)
		results := imported(t, w, auth.ImportOptions{}, &auth.ImportedUser{
			Email: ada, TOTPSecret: "jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp", RecoveryCodes: []secret.Text{"1234 5678"},
			Identities: []auth.ImportedIdentity{{Issuer: "https://accounts.google.com", Subject: "666", Provider: "google"}},
		})
		wantOutcomes(t, results, auth.ImportCreated)
		if len(results[0].Notes) != 2 {
			t.Errorf("got the notes %+v, want one of the second factors and one of the identity", results[0].Notes)
		}
		if _, err := w.Store.Identity(t.Context(), "https://accounts.google.com", "666"); !errors.Is(err, auth.ErrNotFound) {
			t.Errorf("got %v for an identity that a stranger may have connected, want that there is none", err)
		}
		if user := reload(t, w, ada); user.EmailVerified() || !user.SecondFactorSince.IsZero() {
			t.Errorf("got confirmed %t, a second factor since %v, want neither", user.EmailVerified(), user.SecondFactorSince)
		}
	})
}

func TestImportGoesOnOrFailsInConflicts(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		w.Join(t, ada, adasPassword)
		rows := []*auth.ImportedUser{{Email: nobody}, {Email: ada, EmailVerified: true, PasswordHash: ownHashOf(t, w, evesPassword)}}
		_, err := w.NewImport(authtest.AsOperator(""), auth.ImportOptions{OnConflict: auth.ConflictFail}).Batch(t.Context(), rows)
		var conflict *auth.ImportConflictError
		if !errors.As(err, &conflict) || conflict.Index != 1 || users(t, w) != 1 {
			t.Errorf("got %v and %d users, want a conflict of the second row, and nothing written", err, users(t, w))
		}
		wantOutcomes(t, imported(t, w, auth.ImportOptions{}, rows...), auth.ImportCreated, auth.ImportSkipped)
		if !logsIn(t, w, ada, adasPassword) || logsIn(t, w, ada, evesPassword) {
			t.Error("the import changed a password")
		}
	})
}

func TestImportUpdates(t *testing.T) {
	t.Parallel()
	update := auth.ImportOptions{Source: "django", OnConflict: auth.ConflictUpdate, AllowRoles: true}
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, usernamesOptional)
		caller, token := joined(t, w, ada, adasPassword)

		// Whoever has a password here keeps it, and a row whose address nobody has confirmed gets nothing.
		row := &auth.ImportedUser{ExternalID: "1", Email: ada, Name: "Countess", PasswordHash: ownHashOf(t, w, evesPassword)}
		wantOutcomes(t, imported(t, w, update, row), auth.ImportSkipped)
		row.EmailVerified, row.Role, row.Username = true, auth.RoleStaff, "countess"
		wantOutcomes(t, imported(t, w, update, row), auth.ImportUpdated)
		wantOutcomes(t, imported(t, w, update, row), auth.ImportUnchanged)
		user := reload(t, w, ada)
		if user.Name != "Countess" || user.Role != auth.RoleStaff || user.Username.Name != "countess" || !lives(t, w, token) || !logsIn(t, w, ada, adasPassword) {
			t.Errorf("got %+v, want the row's name, role and username, and the password from before", user)
		}

		// Two rows of one address never update each other's account.
		wantOutcomes(t, imported(t, w, update, row, &auth.ImportedUser{Email: ada, EmailVerified: true, Name: "Eve"}), auth.ImportUnchanged, auth.ImportRefused)

		// A second factor that comes along ends the sessions in which it was not proved.
		row.TOTPSecret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
		wantOutcomes(t, imported(t, w, update, row), auth.ImportUpdated)
		if lives(t, w, token) || !reload(t, w, ada).HasSecondFactor() {
			t.Error("the session lives on without the second factor")
		}
		row.Disabled = true
		wantOutcomes(t, imported(t, w, update, row), auth.ImportUpdated)
		if !reload(t, w, ada).Disabled() {
			t.Error("the user is not disabled")
		}
		_ = caller
		w.NoLetter(t)
	})
}

func TestImportUpdatesAnUnconfirmedAccount(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Optional)
		grant, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: evesPassword, Name: "Eve"})
		must(t, err)
		planted := w.Letter(t, auth.LetterConfirm).Token
		row := &auth.ImportedUser{Email: ada, EmailVerified: true, PasswordHash: ownHashOf(t, w, adasPassword)}
		wantOutcomes(t, imported(t, w, auth.ImportOptions{}, row), auth.ImportSkipped)
		wantOutcomes(t, imported(t, w, auth.ImportOptions{OnConflict: auth.ConflictUpdate}, row), auth.ImportUpdated)
		user := reload(t, w, ada)
		if user.Name != "" || !user.EmailVerified() || lives(t, w, grant.Grant.Tokens.AccessToken) || logsIn(t, w, ada, evesPassword) || !logsIn(t, w, ada, adasPassword) {
			t.Errorf("got %+v, want the account of the owner alone", user)
		}
		_, err = w.ConfirmEmail(t.Context(), planted)
		refused(t, err, auth.InvalidToken)
	})
}

func TestWelcomeUsesTheBudget(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	imported(t, w, auth.ImportOptions{Welcome: true}, &auth.ImportedUser{Email: ada, EmailVerified: true}, &auth.ImportedUser{Email: nobody, Disabled: true})
	w.Letter(t, auth.LetterWelcome)
	imported(t, w, auth.ImportOptions{}, &auth.ImportedUser{Email: "bob@example.com"})
	w.NoLetter(t)
}

func TestAForeignRecoveryCodeWorksOnce(t *testing.T) {
	t.Parallel()
	w := mandatory(t)
	imported(t, w, auth.ImportOptions{}, &auth.ImportedUser{
		Email: ada, EmailVerified: true, PasswordHash: ownHashOf(t, w, adasPassword),
		TOTPSecret: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", RecoveryCodes: []secret.Text{"1234-5678"},
	})
	complete := func(code secret.Text) error {
		bearer, _ := w.Challenged(t, ada, adasPassword)
		_, err := w.ByRecoveryCode(t, bearer, code)
		return err
	}
	refused(t, complete("12345679"), auth.InvalidCode)
	must(t, complete("1234 5678"))
	refused(t, complete("12345678"), auth.InvalidCode)
	for range 8 {
		refused(t, complete("12345678"), auth.InvalidCode)
	}
	failed(t, complete("12345678"), auth.RateLimited)
}
