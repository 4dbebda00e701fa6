package auth_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = wantJob("second_factors_removed", normalPriority)

var _ = newDeed("a second factor, from its setup to its loss", func(t *testing.T, w *authtest.World) {
	w.Join(t, ada, adasPassword)
	token := logIn(t, w).Tokens.AccessToken
	bearer := auth.Bearer{Caller: w.Caller(t, token)}
	_, setup := w.BeginApp(t, bearer)
	_, err := w.ConfirmTOTP(t.Context(), bearer, auth.ConfirmTOTPInput{Setup: setup, Code: "000000"})
	refused(t, err, auth.InvalidCode)
	_, codes := w.Enroll(t, token)
	_, err = w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
	needsFactor(t, err, true)
	for range 20 {
		waits, _ := w.Challenged(t, ada, adasPassword)
		for range 5 {
			_, err := w.ByTOTP(t, waits, "000000")
			refused(t, err, auth.InvalidCode)
		}
	}
	waits, _ := w.Challenged(t, ada, adasPassword)
	completed, err := w.ByRecoveryCode(t, waits, codes[0])
	must(t, err)
	caller := w.Caller(t, completed.Tokens.AccessToken)
	_, err = w.CreateRecoveryCodes(t.Context(), caller)
	must(t, err)
	must(t, w.RemoveTOTP(t.Context(), caller))
	w.Enroll(t, logIn(t, w).Tokens.AccessToken)
	_, err = w.RemoveFactors(t.Context(), authtest.AsOperator(""), ada)
	must(t, err)
})

// needsFactor fails the test unless err says that a second factor is needed, and whether there is one.
func needsFactor(t *testing.T, err error, enrolled bool) {
	t.Helper()
	if fault := failed(t, err, auth.SecondFactorRequired); fault.Enrolled != enrolled {
		t.Errorf("enrolled is %t, want %t", fault.Enrolled, enrolled)
	}
}

var asUser = auth.Requirement{Role: auth.RoleUser}

func TestWhoMustHaveASecondFactor(t *testing.T) {
	t.Parallel()
	roles := []auth.Role{auth.RoleUser, auth.RoleStaff, auth.RoleAdmin}
	for policy, must := range map[auth.SecondFactorPolicy][]bool{
		"":                            {false, false, false},
		auth.SecondFactorForNobody:    {false, false, false},
		auth.SecondFactorForAdmin:     {false, false, true},
		auth.SecondFactorForStaff:     {false, true, true},
		auth.SecondFactorForEverybody: {true, true, true},
	} {
		w := authtest.New(t, authtest.SQLite(t), authtest.Requiring(authtest.Mandatory, policy))
		for i, role := range roles {
			email := string(role) + "@x.example"
			_, err := w.CreateAccount(t.Context(), auth.NewAccount{Email: email, Role: role, Password: adasPassword, Verified: true})
			if err != nil {
				t.Fatal(err)
			}
			grant, err := w.Login(t.Context(), auth.LoginInput{Email: email, Password: adasPassword})
			if err != nil {
				t.Fatal(err)
			}
			if got := grant.Challenge != nil; got != must[i] {
				t.Errorf("%q: got a challenge for %s: %t, want %t", policy, role, got, must[i])
			}
			if grant.Challenge != nil && grant.Challenge.Kind != auth.ChallengeEnroll {
				t.Errorf("%q: got a challenge of kind %s for %s, want ENROLL", policy, grant.Challenge.Kind, role)
			}
		}
	}
}

func TestALoginThatHasToEnroll(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Requiring(authtest.Mandatory, auth.SecondFactorForStaff))
		w.Join(t, ada, adasPassword)
		_, old := w.LogIn(t, ada, adasPassword)
		_, err := w.SetRole(t.Context(), ada, auth.RoleAdmin)
		must(t, err)
		w.Letter(t, auth.LetterRoleChanged)

		waits, challenge := w.Challenged(t, ada, adasPassword)
		if want := []auth.SecondFactor{auth.FactorTOTP}; challenge.Kind != auth.ChallengeEnroll || !slices.Equal(challenge.Factors, want) {
			t.Errorf("the challenge is %s with %v, want ENROLL with %v", challenge.Kind, challenge.Factors, want)
		}
		_, err = w.ByTOTP(t, waits, "000000")
		needsFactor(t, err, false)
		second, _ := w.Challenged(t, ada, adasPassword)
		_, foreign := w.BeginApp(t, second)
		app, setup := w.BeginApp(t, waits)
		_, err = w.ConfirmTOTP(t.Context(), waits, auth.ConfirmTOTPInput{Setup: foreign, Code: app.Code(t)})
		refused(t, err, auth.InvalidToken)

		confirmed, err := w.ConfirmTOTP(t.Context(), waits, auth.ConfirmTOTPInput{Setup: setup, Code: app.Code(t)})
		must(t, err)
		if len(confirmed.RecoveryCodes) != 10 || confirmed.Grant == nil || confirmed.Grant.Session.Factors != 2 {
			t.Fatal("the login is not complete, or there are no recovery codes")
		}
		w.Letter(t, auth.LetterTOTPAdded)
		caller := w.Caller(t, confirmed.Grant.Tokens.AccessToken)
		must(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleAdmin, Fresh: true}))
		if lives(t, w, old) {
			t.Error("a session from before the second factor lives")
		}
		_, err = w.ConfirmTOTP(t.Context(), waits, auth.ConfirmTOTPInput{Setup: setup, Code: app.Next(t)})
		failed(t, err, auth.Unauthenticated)
		_, err = w.ConfirmTOTP(t.Context(), second, auth.ConfirmTOTPInput{Setup: foreign, Code: app.Code(t)})
		if err == nil {
			t.Error("another login that waited sets up another app")
		}

		refused(t, w.RemoveTOTP(t.Context(), caller), auth.SecondFactorNeeded)
		if reload(t, w, ada).SecondFactorSince.IsZero() {
			t.Error("the last second factor of an administrator is removed")
		}
		proves, _ := w.Challenged(t, ada, adasPassword)
		_, err = w.BeginTOTP(t.Context(), proves)
		needsFactor(t, err, true)
		_, err = w.ConfirmTOTP(t.Context(), proves, auth.ConfirmTOTPInput{Setup: setup, Code: app.Code(t)})
		needsFactor(t, err, true)
		_, err = w.ByTOTP(t, proves, app.Code(t))
		must(t, err)
	})
}

// TestARaisedRoleAsksOpenSessions: the need is asked at each request, and not at login alone.
func TestARaisedRoleAsksOpenSessions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		config := signed
		config.RequireSecondFactor, config.Limits = auth.SecondFactorForStaff, auth.NoLimits
		w := authtest.New(t, store, config)
		w.Join(t, ada, adasPassword)
		grant := logIn(t, w)
		cookie, err := w.Login(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword, SessionDelivery: auth.SessionDelivery{Delivery: auth.DeliveryCookie}})
		must(t, err)
		must(t, w.Authorize(w.Caller(t, grant.Tokens.AccessToken), asUser))
		_, err = w.SetRole(t.Context(), ada, auth.RoleStaff)
		must(t, err)

		caller := w.Caller(t, grant.Tokens.AccessToken)
		needsFactor(t, w.Authorize(caller, asUser), false)
		needsFactor(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleAdmin}), false)
		_, err = w.AuthorizeRead(t.Context(), grant.Tokens.AccessToken, asUser)
		needsFactor(t, err, false)
		must(t, w.Authorize(caller, auth.Requirement{Role: auth.RoleUser, Pending: true, Fresh: true}))
		_, err = refresh(w, t, grant.Tokens.RefreshToken)
		needsFactor(t, err, false)
		_, err = w.RefreshSession(t.Context(), auth.RefreshInput{SessionToken: cookie.Tokens.Cookie})
		needsFactor(t, err, false)
		info, err := w.Introspect(t.Context(), grant.Tokens.AccessToken)
		must(t, err)
		if info.Active {
			t.Error("a token whose session lacks a factor is active")
		}

		_, err = w.SetRole(t.Context(), ada, auth.RoleUser)
		must(t, err)
		grant = refreshes(t, w, grant.Tokens.RefreshToken) // nothing was used up
		must(t, w.Authorize(w.Caller(t, grant.Tokens.AccessToken), asUser))

		// The setting changed, and the user sets an app up in the session.
		strict := config
		strict.RequireSecondFactor = auth.SecondFactorForEverybody
		replica := w.Replica(authtest.Difference{Config: strict})
		caller = replica.Caller(t, grant.Tokens.AccessToken)
		needsFactor(t, replica.Authorize(caller, asUser), false)
		app, setup := replica.BeginApp(t, auth.Bearer{Caller: caller})
		_, err = replica.ConfirmTOTP(t.Context(), auth.Bearer{Caller: caller}, auth.ConfirmTOTPInput{Setup: setup, Code: app.Code(t)})
		must(t, err)
		must(t, replica.Authorize(replica.Caller(t, grant.Tokens.AccessToken), asUser)) // a JWT from before
		if lives(t, w, cookie.Tokens.Cookie) {
			t.Error("another session lives")
		}
	})
}

// TestASessionWithOneFactorIsShutOnceThereAreTwo is about sessions that a release from before begins beside this one.
func TestASessionWithOneFactorIsShutOnceThereAreTwo(t *testing.T) {
	t.Parallel()
	w, _, _, token := enrolled(t, authtest.SQLite(t))
	caller := w.Caller(t, token)
	old := *caller.Session
	old.Factors, old.SecondFactorAt = 1, time.Time{}
	needsFactor(t, w.Authorize(&auth.Caller{User: caller.User, Session: &old}, asUser), true)
	failed(t, w.Authorize(&auth.Caller{User: caller.User, Session: &old}, auth.Requirement{Role: auth.RoleUser, Fresh: true, Pending: true}), auth.NotFresh)
}

func TestBasicIsForWhoNeedsOneFactor(t *testing.T) {
	t.Parallel()
	w, _, _, _ := enrolled(t, authtest.SQLite(t))
	_, err := w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: adasPassword})
	needsFactor(t, err, true)
	_, err = w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: ada, Password: wrongPassword})
	failed(t, err, auth.Unauthenticated)
	w.Join(t, "grace@hopper.example", adasPassword)
	_, err = w.AuthenticateBasic(t.Context(), auth.LoginInput{Email: "grace@hopper.example", Password: adasPassword})
	must(t, err)
	strict := w.Replica(authtest.Difference{Config: authtest.Requiring(authtest.Mandatory, auth.SecondFactorForEverybody)})
	_, err = strict.AuthenticateBasic(t.Context(), auth.LoginInput{Email: "grace@hopper.example", Password: adasPassword})
	needsFactor(t, err, false)
	_, err = strict.AuthenticateBasic(t.Context(), auth.LoginInput{Email: "grace@hopper.example", Password: wrongPassword})
	failed(t, err, auth.Unauthenticated)
}

func TestASignUpWhereEverybodyNeedsASecondFactor(t *testing.T) {
	t.Parallel()
	w := authtest.New(t, authtest.SQLite(t), authtest.Requiring(authtest.Optional, auth.SecondFactorForEverybody))
	registration := signUp(t, w, ada, adasPassword)
	if registration.ConfirmationRequired() || registration.Grant.Challenge == nil || registration.Grant.Session != nil {
		t.Fatal("the sign-up is a session, or waits for a confirmation; want a challenge")
	}
	waits := w.Pending(t, registration.Grant.Challenge.Token)
	app, setup := w.BeginApp(t, waits)
	confirmed, err := w.ConfirmTOTP(t.Context(), waits, auth.ConfirmTOTPInput{Setup: setup, Code: app.Code(t)})
	must(t, err)
	must(t, w.Authorize(w.Caller(t, confirmed.Grant.Tokens.AccessToken), fresh))
}

func TestAFreshSessionProvedItsSecondFactor(t *testing.T) {
	t.Parallel()
	w, app, _, token := enrolled(t, authtest.SQLite(t))
	must(t, w.Authorize(w.Caller(t, token), fresh))
	w.Clock.Advance(10 * time.Minute)
	caller := w.Caller(t, token)
	failed(t, w.Authorize(caller, fresh), auth.NotFresh)
	password := adasPassword
	_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{Password: &password})
	refused(t, err, auth.Required)
	_, err = w.RequestReauthenticationCode(t.Context(), caller)
	refused(t, err, auth.Required)

	// A change of the password proves the password, and no second factor.
	_, err = change(t, w, caller, adasPassword, newPassword)
	must(t, err)
	waits, _ := w.Challenged(t, ada, newPassword)
	code := app.Code(t)
	completed, err := w.ByTOTP(t, waits, code)
	must(t, err)
	token = completed.Tokens.AccessToken
	w.Clock.Advance(10 * time.Minute)
	caller = w.Caller(t, token)
	for _, wrong := range []secret.Text{code, "000000", ""} {
		_, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{TOTPCode: &wrong})
		if wrong == "" {
			refused(t, err, auth.Required)
			continue
		}
		refused(t, err, auth.InvalidCode)
	}
	right := app.Code(t)
	_, err = w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{TOTPCode: &right, Password: &password})
	failed(t, err, auth.BadInput)
	session, err := w.Reauthenticate(t.Context(), caller, auth.ReauthenticateInput{TOTPCode: &right})
	must(t, err)
	if want := []auth.Method{auth.MethodPassword, auth.MethodTOTP}; !slices.Equal(session.Methods, want) || !session.SecondFactorAt.Equal(w.Clock.Now()) {
		t.Errorf("the session has %v, proved at %s; want %v, now", session.Methods, session.SecondFactorAt, want)
	}
	must(t, w.Authorize(w.Caller(t, token), fresh))
	if outcome := lastOutcome(t, w, "reauthenticated"); outcome != "ok" {
		t.Errorf("the last proof is in the audit trail as %q, want ok", outcome)
	}
}

// lastOutcome returns the outcome of the last act with a name.
func lastOutcome(t *testing.T, w *authtest.World, act auth.Act) string {
	t.Helper()
	outcome := ""
	for _, e := range eventsOf(t, w, "") {
		if e.Act == act {
			outcome = e.Outcome
		}
	}
	return outcome
}

func TestTokensTellHowTheSessionWasProved(t *testing.T) {
	t.Parallel()
	config := signed
	config.Limits = auth.NoLimits
	w := authtest.New(t, authtest.SQLite(t), config)
	w.Join(t, ada, adasPassword)
	grant := logIn(t, w)
	check := func(token secret.Text, acr string, amr ...any) {
		t.Helper()
		claims := decoded(t, token, 1)
		if diff := cmp.Diff(map[string]any{"acr": acr, "amr": amr}, map[string]any{"acr": claims["acr"], "amr": claims["amr"]}); diff != "" {
			t.Errorf("the claims (-want +got):\n%s", diff)
		}
		info, err := w.Introspect(t.Context(), token)
		must(t, err)
		told := make([]any, len(info.AMR))
		for i, name := range info.AMR {
			told[i] = name
		}
		if diff := cmp.Diff(amr, told); info.ACR != acr || diff != "" {
			t.Errorf("introspection tells %s (-want +got):\n%s", info.ACR, diff)
		}
	}
	check(grant.Tokens.AccessToken, "urn:latchkey:1", "pwd")
	app, codes := w.Enroll(t, grant.Tokens.AccessToken)
	grant = refreshes(t, w, grant.Tokens.RefreshToken)
	check(grant.Tokens.AccessToken, "urn:latchkey:2", "pwd", "otp", "mfa")
	waits, _ := w.Challenged(t, ada, adasPassword)
	completed, err := w.ByRecoveryCode(t, waits, codes[0])
	must(t, err)
	check(completed.Tokens.AccessToken, "urn:latchkey:2", "pwd", "recovery", "mfa")
	_ = app
}

func TestAnOperatorRemovesLostFactors(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w, _, codes, token := enrolled(t, store)
		waits, _ := w.Challenged(t, ada, adasPassword)
		_, err := w.RemoveFactors(t.Context(), authtest.AsOperator("lost her phone"), ada)
		must(t, err)
		w.Letter(t, auth.LetterSecondFactorsRemoved)
		if lives(t, w, token) {
			t.Error("a session lives")
		}
		_, err = w.ByRecoveryCode(t, waits, codes[0])
		failed(t, err, auth.Unauthenticated)
		if n := recoveryCodesLeft(t, w); n != 0 {
			t.Errorf("%d recovery codes are left, want none", n)
		}
		w.LogIn(t, ada, adasPassword)
		_, err = w.RemoveFactors(t.Context(), authtest.AsOperator(""), nobody)
		if err == nil {
			t.Error("factors of nobody are removed")
		}
	})
}

// TestAPlantedAccountKeepsNoFactor: a stranger signs up with Ada's address, sets up an app, and Ada comes later.
func TestAPlantedAccountKeepsNoFactor(t *testing.T) {
	t.Parallel()
	for name, arrive := range map[string]func(t *testing.T, w *authtest.World){
		"by a reset": func(t *testing.T, w *authtest.World) {
			_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
			must(t, err)
			w.LogIn(t, ada, newPassword)
		},
		"by a code": func(t *testing.T, w *authtest.World) {
			grant := comeByCode(t, w, ada)
			if grant.Challenge != nil {
				t.Error("the stranger's app keeps the owner out")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, store auth.Store) {
				w := authtest.New(t, store, authtest.Unlimited(authtest.WithLoginCodes(authtest.Optional)))
				eves := signUp(t, w, ada, evesPassword).Grant
				w.Letters(t)
				_, codes := w.Enroll(t, eves.Tokens.AccessToken)
				w.Letters(t)
				arrive(t, w)
				user := reload(t, w, ada)
				left, err := w.Store.RecoveryCodesLeft(t.Context(), user.ID)
				must(t, err)
				if !slices.ContainsFunc(w.Letters(t), func(l *auth.Letter) bool { return l.Kind == auth.LetterSecondFactorsRemoved }) {
					t.Error("there is no notice that the factors were removed: they may have been the owner's")
				}
				if user.HasSecondFactor() || left != 0 || len(codes) != 10 {
					t.Errorf("a second factor: %t, %d recovery codes; want none", user.HasSecondFactor(), left)
				}
				if lives(t, w, eves.Tokens.AccessToken) {
					t.Error("the stranger's session lives")
				}
			})
		})
	}
}

// TestAConfirmationAdoptsNoPlantedFactor: a stranger signs up with Ada's address and sets up an app, and Ada opens the link
// that confirms the address.
func TestAConfirmationAdoptsNoPlantedFactor(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, store auth.Store) {
		w := authtest.New(t, store, authtest.Unlimited(authtest.Optional))
		eves := signUp(t, w, ada, evesPassword).Grant.Tokens.AccessToken
		link := w.Letter(t, auth.LetterConfirm).Token
		w.Enroll(t, eves)
		const grace = "grace@hopper.example"
		signUp(t, w, grace, adasPassword)
		_, graces := w.LogIn(t, grace, adasPassword)
		w.Enroll(t, graces)
		w.Letters(t)

		for name, session := range map[string]secret.Text{"none": "", "a malformed one": "x", "another user's, with a factor": graces} {
			_, err := w.ConfirmEmailInSession(t.Context(), link, session)
			refused(t, err, auth.SecondFactorNeeded)
			if reload(t, w, ada).EmailVerified() {
				t.Errorf("in the session %s: the address is confirmed", name)
			}
		}
		_, err := w.ConfirmEmail(t.Context(), link)
		refused(t, err, auth.SecondFactorNeeded)
		_, err = w.ConfirmAccount(t.Context(), ada)
		refused(t, err, auth.SecondFactorNeeded)

		// Ada did not create the account: the reset drops what was planted, and her app is hers.
		_, err = w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
		must(t, err)
		if lives(t, w, eves) || reload(t, w, ada).HasSecondFactor() {
			t.Error("the stranger's session or app outlives the reset")
		}
		_, adas := w.LogIn(t, ada, newPassword)
		w.Enroll(t, adas)
	})
}

func TestWhoeverSetUpAFactorConfirmsInTheirSession(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]auth.Config{"optional": authtest.Optional, "mandatory by now": authtest.Mandatory} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := authtest.New(t, authtest.SQLite(t), authtest.Unlimited(authtest.Optional))
			token := signUp(t, w, ada, adasPassword).Grant.Tokens.AccessToken
			link := w.Letter(t, auth.LetterConfirm).Token
			app, _ := w.Enroll(t, token)
			skipped := onDevice(t, w, w.Trust(t, app, ada, adasPassword), adasPassword).Tokens.AccessToken
			w = w.Replica(authtest.Difference{Config: authtest.Unlimited(config)})
			_, err := w.ConfirmEmailInSession(t.Context(), link, skipped)
			refused(t, err, auth.SecondFactorNeeded) // a trusted device proves no factor
			if name == "optional" {                  // where a session of an unconfirmed account opens something
				code := app.Next(t)
				_, err = w.Reauthenticate(t.Context(), w.Caller(t, skipped), auth.ReauthenticateInput{TOTPCode: &code})
				must(t, err)
				token = skipped
			}
			user, err := w.ConfirmEmailInSession(t.Context(), link, token)
			must(t, err)
			if !user.EmailVerified() || !user.HasSecondFactor() || !lives(t, w, token) {
				t.Error("the address is not confirmed, or the app or the session was lost")
			}
			waits, _ := w.Challenged(t, ada, adasPassword)
			_, err = w.ByTOTP(t, waits, app.Next(t))
			must(t, err)
		})
	}
}

func TestAResetSkipsNoFactor(t *testing.T) {
	t.Parallel()
	w, app, _, _ := enrolled(t, authtest.SQLite(t))
	_, err := w.ResetPassword(t.Context(), resetLink(t, w, ada), newPassword)
	must(t, err)
	waits, challenge := w.Challenged(t, ada, newPassword)
	if challenge.Kind != auth.ChallengeProve {
		t.Errorf("the challenge is %s, want PROVE", challenge.Kind)
	}
	_, err = w.ByTOTP(t, waits, app.Next(t))
	must(t, err)
}
