package auth_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
)

// queued returns what is owed, or was given up.
func queued(t *testing.T, w *authtest.World) []*auth.QueuedMail {
	t.Helper()
	var all []*auth.QueuedMail
	must(t, w.EachQueuedMail(t.Context(), func(m *auth.QueuedMail) error {
		all = append(all, m)
		return nil
	}))
	return all
}

func TestOfResetsThatWaitOnlyTheNewestIsMailed(t *testing.T) {
	t.Parallel()
	w := mandatory(t).Replica(authtest.Difference{Config: withRedirects(t, authtest.Mandatory)})
	w.Join(t, ada, adasPassword)
	must(t, w.RequestPasswordReset(t.Context(), ada, ""))
	w.Clock.Advance(time.Minute)
	must(t, w.RequestPasswordReset(t.Context(), nobody, ""))
	must(t, w.RequestPasswordReset(t.Context(), ada, app))

	letter := w.Letter(t, auth.LetterReset)
	if letter.RedirectURL != app {
		t.Errorf("the link leads to %q, want what the newest request said", letter.RedirectURL)
	}
	_, err := w.ResetPassword(t.Context(), letter.Token, newPassword)
	must(t, err)
}

// What is owed is told by nothing but who was named, and so are the rows that wait.
func TestRowsOfTheQueueDoNotTellWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Mandatory))
	w.Join(t, ada, adasPassword)
	form := func(email string) []string {
		t.Helper()
		for range 2 {
			must(t, w.RequestPasswordReset(t.Context(), email, ""))
			must(t, w.ResendConfirmationEmail(t.Context(), email, ""))
		}
		var rows []string
		for _, m := range queued(t, w) {
			rows = append(rows, fmt.Sprint(m.Job, m.State(w.Clock.Now()), m.EmailKey == email, m.Recipient == email,
				m.UserID, m.SignUpID, m.RequestID, m.ChangeID, m.Address, m.IPAddress, m.Device, m.RedirectURL))
		}
		_, err := w.DropMail(t.Context(), uuid.Nil)
		must(t, err)
		return rows
	}
	unknown := form(nobody)
	if len(unknown) != 4 {
		t.Fatalf("%d rows wait", len(unknown))
	}
	if diff := cmp.Diff(unknown, form(ada)); diff != "" {
		t.Errorf("rows differ (-unknown +known):\n%s", diff)
	}
}

var _ = newDeed("mail that an operator drops", func(t *testing.T, w *authtest.World) {
	must(t, w.RequestPasswordReset(t.Context(), ada, ""))
	_, err := w.DropMail(t.Context(), uuid.Nil)
	must(t, err)
})

// TestDroppedMailIsWrittenDown drops two notices of one user, one of another, and what anyone can have sent.
func TestDroppedMailIsWrittenDown(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Mandatory)
		for _, email := range []string{ada, "eve@x.example"} {
			w.Join(t, email, adasPassword)
		}
		w.Letters(t)
		for _, email := range []string{ada, "eve@x.example"} {
			_, err := w.SetPassword(t.Context(), email, newPassword)
			must(t, err)
		}
		_, err := w.SetPassword(t.Context(), ada, adasPassword)
		must(t, err)
		must(t, w.RequestPasswordReset(t.Context(), nobody, ""))
		waiting := queued(t, w)
		dropped, err := w.Service.DropMail(t.Context(), authtest.AsOperator("a flood"), uuid.Nil)
		must(t, err)
		if dropped != len(waiting) || dropped != 4 {
			t.Errorf("got %d of %d dropped, want 4", dropped, len(waiting))
		}
		var got []string
		for _, e := range eventsOf(t, w, "") {
			if e.Act == "mail_dropped" {
				got = append(got, fmt.Sprintf("%q by %s: %s", e.Email, e.Actor, e.Reason))
			}
		}
		slices.Sort(got)
		want := []string{`"" by operator: a flood`, `"ada@lovelace.example" by operator: a flood`, `"eve@x.example" by operator: a flood`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what is written down (-want +got):\n%s", diff)
		}

		before := len(eventsOf(t, w, ""))
		dropped, err = w.DropMail(t.Context(), uuid.New())
		must(t, err)
		if dropped != 0 || len(eventsOf(t, w, "")) != before {
			t.Errorf("got %d dropped and something written down, want neither", dropped)
		}
		if _, err := w.Service.DropMail(t.Context(), auth.Actor{}, uuid.Nil); err == nil {
			t.Error("got email dropped by nobody, want an error")
		}
	})
}

func TestEveryMailOfAnAccountHasItsRecipient(t *testing.T) {
	t.Parallel()
	w := mandatory(t).Replica(authtest.Difference{Config: authtest.WithLoginCodes(authtest.Mandatory)})
	const key, other = ada, "countess@lovelace.example"
	recipients, lowPriority := map[auth.Job]string{}, map[auth.Job]bool{}
	note := func() {
		t.Helper()
		for _, m := range queued(t, w) {
			recipients[m.Job] = m.Recipient
			if m.LowPriority {
				lowPriority[m.Job] = true
			}
		}
	}

	signUp(t, w, key, adasPassword)
	note()
	_, err := w.ConfirmEmail(t.Context(), w.Letter(t, auth.LetterConfirm).Token)
	must(t, err)
	caller, _ := w.LogIn(t, key, adasPassword)
	must(t, w.RequestPasswordReset(t.Context(), key, ""))
	must(t, w.ResendConfirmationEmail(t.Context(), key, ""))
	_, err = w.RequestLoginCode(t.Context(), key)
	must(t, err)
	current := adasPassword
	_, err = w.ChangePassword(t.Context(), caller, auth.ChangePasswordInput{CurrentPassword: &current, NewPassword: newPassword})
	must(t, err)
	note()
	w.Letters(t)

	caller, _ = w.LogIn(t, key, newPassword)
	must(t, w.RequestEmailChange(t.Context(), caller, other, ""))
	note()
	_, err = w.ConfirmEmailChange(t.Context(), caller, w.Letter(t, auth.LetterEmailChange).Token)
	must(t, err)
	note()

	want := map[auth.Job]string{
		auth.JobSignUp: key, auth.JobPasswordReset: key, auth.JobConfirmation: key, auth.JobLoginCode: key,
		auth.JobPasswordChanged: key, auth.JobEmailChange: other, auth.JobEmailChanged: key,
	}
	if diff := cmp.Diff(want, recipients); diff != "" {
		t.Errorf("other recipients (-want +got):\n%s", diff)
	}
	// What strangers can have mailed to any address holds up nothing that its owner asks for.
	strangers := map[auth.Job]bool{auth.JobSignUp: true, auth.JobConfirmation: true, auth.JobEmailChange: true}
	if diff := cmp.Diff(strangers, lowPriority); diff != "" {
		t.Errorf("other mail has low priority (-want +got):\n%s", diff)
	}
}

func TestTheStateOfQueuedMail(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for want, mail := range map[auth.MailState]auth.QueuedMail{
		auth.MailWaiting:  {},
		auth.MailSending:  {LeasedUntil: now.Add(time.Second), Reason: "451"},
		auth.MailRetrying: {LeasedUntil: now, Reason: "451"},
		auth.MailGivenUp:  {AbandonedAt: now, Reason: "550"},
	} {
		if got := mail.State(now); got != want {
			t.Errorf("the state of %+v is %q, want %q", mail, got, want)
		}
	}
}
