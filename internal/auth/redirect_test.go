package auth_test

import (
	"slices"
	"testing"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

const (
	app     = "https://app.example/a"
	nowhere = "https://app.example/ab" // is on no list
)

// withRedirects allows the page of these tests.
func withRedirects(t testing.TB, config auth.Config) auth.Config {
	t.Helper()
	list, err := address.ParseRedirectURLs(app + "/*?*")
	if err != nil {
		t.Fatal(err)
	}
	config.RedirectURLs = list
	return config
}

// onlyRedirect fails the test unless the one problem is that of the page, at its field.
func onlyRedirect(t *testing.T, err error) {
	t.Helper()
	refused(t, err, auth.RedirectURLNotAllowed)
	if path := asProblems(t, err)[0].Path; !slices.Equal(path, []string{"input", "redirectUrl"}) {
		t.Errorf("the path is %v", path)
	}
}

func TestRequestsThatNameAPage(t *testing.T) {
	t.Parallel()
	t.Run("one that is not allowed is told with all else, and nothing is owed", func(t *testing.T) {
		w := mandatory(t).Replica(authtest.Difference{Config: withRedirects(t, authtest.Mandatory)})
		caller, _ := joined(t, w, ada, adasPassword)
		outbox(t, w)
		for _, email := range []string{ada, nobody} {
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: email, Password: newPassword, RedirectURL: nowhere})
			onlyRedirect(t, err)
			onlyRedirect(t, w.ResendConfirmationEmail(t.Context(), email, nowhere))
			onlyRedirect(t, w.RequestPasswordReset(t.Context(), email, nowhere))
		}
		onlyRedirect(t, w.RequestEmailChange(t.Context(), caller, lady, nowhere))
		_, err := w.Register(t.Context(), auth.RegisterInput{Password: shortPassword, RedirectURL: nowhere})
		refused(t, err, auth.Required, auth.PasswordTooShort, auth.RedirectURLNotAllowed)
		refused(t, w.RequestPasswordReset(t.Context(), "x", nowhere), auth.InvalidEmail, auth.RedirectURLNotAllowed)
		w.NoLetter(t)
	})

	t.Run("without a list, none is allowed", func(t *testing.T) {
		onlyRedirect(t, mandatory(t).RequestPasswordReset(t.Context(), ada, app))
	})

	t.Run("where no mail is sent, the page is checked all the same", func(t *testing.T) {
		w := mandatory(t).Replica(authtest.Difference{Config: withRedirects(t, authtest.None)})
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword, RedirectURL: nowhere})
		onlyRedirect(t, err)
	})

	t.Run("with optional confirmation the link of a sign-up leads there too", func(t *testing.T) {
		w := mandatory(t).Replica(authtest.Difference{Config: withRedirects(t, authtest.Optional)})
		_, err := w.Register(t.Context(), auth.RegisterInput{Email: ada, Password: adasPassword, RedirectURL: app + "?a"})
		must(t, err)
		if got := w.Letter(t, auth.LetterConfirm).RedirectURL; got != app+"?a" {
			t.Errorf("it leads to %q", got)
		}
	})

	t.Run("a page that was taken off the list meanwhile is not mailed any more", func(t *testing.T) {
		w := mandatory(t).Replica(authtest.Difference{Config: withRedirects(t, authtest.Mandatory)})
		w.Join(t, ada, adasPassword)
		must(t, w.RequestPasswordReset(t.Context(), ada, app))
		later := w.Replica(authtest.Difference{Config: authtest.Mandatory})
		if got := later.Letter(t, auth.LetterReset).RedirectURL; got != "" {
			t.Errorf("it leads to %q", got)
		}
	})

	t.Run("what is owed is the same for a known and an unknown address", func(t *testing.T) {
		w := mandatory(t).Replica(authtest.Difference{Config: withRedirects(t, authtest.Mandatory)})
		w.Join(t, ada, adasPassword)
		outbox(t, w)
		for _, email := range []string{ada, nobody} {
			_, err := w.Register(t.Context(), auth.RegisterInput{Email: email, Password: newPassword, RedirectURL: app})
			must(t, err)
			must(t, w.ResendConfirmationEmail(t.Context(), email, app))
			must(t, w.RequestPasswordReset(t.Context(), email, app))
		}
		items := queued(t, w)
		if len(items) != 6 {
			t.Fatalf("%d mails are owed, want 6", len(items))
		}
		for _, item := range items {
			if item.RedirectURL != app {
				t.Errorf("the mail for %s leads to %q", item.Job, item.RedirectURL)
			}
		}
	})
}
