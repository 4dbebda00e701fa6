package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// AcceptInvitationInput is the token of an invitation, and who accepts it.
type AcceptInvitationInput struct {
	Token    secret.Text
	Password *secret.Text // nil: none; the account gets a passkey later, or its owner a reset
	Username string       // empty: none given
	Name     string       // empty: none given
	Profile  map[string]any
	// Identity is an account at a provider by which the user signs in from now on; nil: none.
	Identity *ConnectIdentityInput
	// Session is the access token of whoever is signed in; empty: nobody is.
	Session secret.Text
	SessionDelivery
}

// acceptance is a checked AcceptInvitationInput.
type acceptance struct {
	applicant
	digest   []byte // of the token
	hash     secret.Text
	identity *PendingIdentity // nil: none
	field    string           // that has its token
}

// AcceptInvitation uses an invitation up: it makes an account with its address, which is confirmed by that, and its role,
// and begins a session, or waits for a second factor if the role needs one. An account that never confirmed the address
// becomes this one, and sign-ups with it end: whoever has written there may be a stranger, so nothing of theirs stays. A
// role that an operator gave such an account is not lowered. Problems leave the token usable: TOKEN_INVALID also if
// whoever sent the invitation could not send it any more; EMAIL_MISMATCH for whoever is signed in with another address;
// EMAIL_TAKEN if an account has confirmed the address; ACCOUNT_DISABLED; those of Register, and of ConnectIdentity for the
// identity; REGISTRATION_CLOSED. Errors: kind RateLimited.
func (s *Service) AcceptInvitation(ctx context.Context, in AcceptInvitationInput) (*Grant, error) {
	if s.config.Registration == RegistrationClosed {
		return nil, errInvitationsOff
	}
	grant, err := s.acceptInvitation(ctx, in)
	if err != nil {
		return nil, s.noteInvalidLink(ctx, actInvitationAccepted, secret.InvitationToken, in.Token, noSession, err)
	}
	return grant, nil
}

func (s *Service) acceptInvitation(ctx context.Context, in AcceptInvitationInput) (*Grant, error) {
	if err := s.limit(ctx, LimitAcceptInvitation, actInvitationAccepted, ""); err != nil {
		return nil, fmt.Errorf("accept invitation: %w", err)
	}
	accepted, err := s.checkAcceptance(ctx, in)
	if err != nil {
		return nil, err
	}
	if in.Password != nil {
		if accepted.hash, err = s.hasher.Hash(ctx, accepted.password); err != nil {
			return nil, busy(err, "accept invitation: hash password")
		}
	}
	delivery, err := s.prepare(ctx, in.SessionDelivery)
	if err != nil {
		return nil, fmt.Errorf("accept invitation: %w", err)
	}
	admit := func() (*Grant, error) {
		return s.admitToSession(ctx, "accept invitation", actInvitationAccepted, func(context.Context) (*proof, error) {
			return s.proofByInvitation(accepted), nil
		}, delivery)
	}
	grant, err := admit()
	if errors.Is(err, ErrEmailTaken) { // by somebody at the same moment
		grant, err = admit()
	}
	switch {
	case errors.Is(err, ErrEmailTaken): // somebody has left the address, and may get it back
		return nil, errInvitedHasAccount
	case errors.Is(err, ErrUsernameTaken):
		return nil, Problems{errUsernameTaken}
	case errors.Is(err, ErrIdentityTaken):
		return nil, errIdentityTaken
	}
	return grant, err
}

// checkAcceptance returns what somebody accepts an invitation with, or everything that is wrong with it. The lock sees
// once more that the invitation is good.
func (s *Service) checkAcceptance(ctx context.Context, in AcceptInvitationInput) (*acceptance, error) {
	if secret.CheckToken(secret.InvitationToken, in.Token) != nil {
		return nil, errInvitationInvalid
	}
	digest := secret.Digest(in.Token)
	invitation, err := s.store.InvitationByDigest(ctx, digest)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil, errInvitationInvalid
	case err != nil:
		return nil, fmt.Errorf("accept invitation: %w", err)
	}
	if err := s.mayBeAccepted(ctx, invitation, s.now(), s.store.UserByID); err != nil {
		return nil, err
	}
	ReportFrom(ctx).concerns(invitation.Email.Canonical)
	switch signedIn, err := s.emailOfSession(ctx, in.Session); {
	case err != nil:
		return nil, fmt.Errorf("accept invitation: %w", err)
	case signedIn != "" && signedIn != invitation.Email.Canonical:
		return nil, errEmailMismatch
	}

	accepted := &acceptance{digest: digest}
	accepted.email = invitation.Email
	username, problems := s.checkUsername(in.Username)
	name, more := checkName(in.Name)
	problems = append(problems, more...)
	described, more := s.checkNewProfile(in.Profile)
	problems = append(problems, more...)
	accepted.username, accepted.name, accepted.profile = username, name, described
	if in.Password != nil {
		accepted.password, more = acceptPassword(s.config.PasswordMinLength, *in.Password, "password", invitation.Email.Address, username.Name, name)
		problems = append(problems, more...)
	}
	if err := problems.err(); err != nil {
		return nil, err
	}
	if in.Identity != nil {
		if accepted.identity, accepted.field, err = s.presentedIdentity(ctx, *in.Identity); err != nil {
			return nil, fmt.Errorf("accept invitation: %w", err)
		}
	}
	return accepted, nil
}

// emailOfSession returns the key of the address of whoever is signed in with an access token, and "" if nobody is.
func (s *Service) emailOfSession(ctx context.Context, token secret.Text) (string, error) {
	if token == "" {
		return "", nil
	}
	caller, err := s.Authenticate(ctx, token)
	switch {
	case isUnauthenticated(err):
		return "", nil
	case err != nil:
		return "", err
	}
	return caller.User.Email.Canonical, nil
}

// proofByInvitation is the proof of whoever reads the email of an address. It makes the user.
func (s *Service) proofByInvitation(a *acceptance) *proof {
	p := &proof{
		methods: []Method{MethodInvitation}, factors: 1,
		lock:    func(ctx context.Context, tx *tx) (*User, error) { return s.lockByInvitation(ctx, tx, a) },
		recheck: func(context.Context, *tx, *User) error { return nil }, // nobody else knows of the user yet
	}
	if a.identity != nil {
		p.methods = withMethods(p.methods, MethodProvider)
		if a.identity.Identity.SecondFactor {
			p.factors = 2
		}
	}
	return p
}

// lockByInvitation uses an invitation up for a user, who is new or has not confirmed the address so far.
func (s *Service) lockByInvitation(ctx context.Context, tx *tx, a *acceptance) (*User, error) {
	invitation, err := tx.Invitations().LockInvitation(ctx, a.digest)
	if errors.Is(err, ErrNotFound) {
		return nil, errInvitationInvalid
	}
	if err != nil {
		return nil, err
	}
	if err := s.mayBeAccepted(ctx, invitation, tx.at, tx.LockUser); err != nil {
		return nil, err
	}
	claim, err := claimants(ctx, tx, invitation.Email.Canonical)
	switch {
	case err != nil:
		return nil, err
	case claim.user != nil && claim.user.Disabled():
		return nil, errAccountDisabled
	case claim.user != nil && claim.user.EmailVerified():
		return nil, errInvitedHasAccount
	}
	user, err := s.invited(ctx, tx, claim, a, invitation)
	if err != nil {
		return nil, err
	}
	if a.identity != nil {
		if err := usePending(ctx, tx, a.identity, a.field); err != nil {
			return nil, err
		}
		if _, err := addIdentity(ctx, tx, user, &a.identity.Identity); err != nil {
			return nil, err
		}
		if err := tx.audit(ctx, actIdentityConnected, user.ID, noSession); err != nil {
			return nil, err
		}
	}
	err = tx.Invitations().AcceptInvitation(ctx, invitation.ID, user.ID, tx.at)
	if errors.Is(err, ErrNotFound) {
		return nil, errInvitationInvalid
	}
	return user, err
}

// invited makes the user of an invitation, or of an account with its address that was never confirmed, of which nothing
// stays but what an operator has set.
func (s *Service) invited(ctx context.Context, tx *tx, claim *claim, a *acceptance, invitation *Invitation) (*User, error) {
	if claim.user == nil {
		user := newUser(invitation.Email, a.name, tx.at)
		user.Username, user.Profile, user.PasswordHash = a.username, a.profile, a.hash
		user.VerifiedAt, user.Role = tx.at, invitation.Role
		s.describeInvited(user, a)
		if err := createUser(ctx, tx, user); err != nil {
			return nil, err
		}
		return user, tx.audit(ctx, actSignedUp, user.ID, noSession)
	}
	claim.disown()
	user, err := s.confirmAddress(ctx, tx, claim, a.hash)
	if err != nil {
		return nil, err
	}
	if err := revokeAll(ctx, tx, user.ID); err != nil {
		return nil, err
	}
	if user.Profile, err = s.joinedProfile(user.Profile, a.profile); err != nil {
		return nil, err
	}
	user.Name = cmp.Or(a.name, user.Name)
	if a.username != (Username{}) {
		user.Username = a.username
	}
	if !user.Role.Includes(invitation.Role) {
		user.Role = invitation.Role
	}
	s.describeInvited(user, a)
	if err := tx.SetUsername(ctx, user.ID, user.Username, tx.at); err != nil {
		return nil, err
	}
	if err := forgetWrongCodes(ctx, tx, user); err != nil {
		return nil, err
	}
	if err := tx.UpdateUser(ctx, user); err != nil {
		return nil, err
	}
	return user, tx.audit(ctx, actEmailConfirmed, user.ID, noSession)
}

// joinedProfile is what an account has of a profile, and what its user says now.
func (s *Service) joinedProfile(account, said profile.Profile) (profile.Profile, error) {
	patch, err := said.Object()
	if err != nil {
		return profile.Empty, err
	}
	joined, faults, err := s.config.Profile.ChangeAsOperator(account, patch) // what the user says was checked as such
	if err != nil {
		return profile.Empty, err
	}
	return joined, profileProblems(faults).err()
}

// describeInvited fills in what a provider says of a user who said nothing.
func (s *Service) describeInvited(user *User, a *acceptance) {
	if a.identity != nil && user.Name == "" {
		user.Name = shown(a.identity.Identity.Name)
	}
}
