package auth

import "context"

// jobRoleChanged is to tell a user that they have another role: UserID.
var jobRoleChanged = newJob("role_changed", notice(LetterRoleChanged))

// LetterRoleChanged tells of it.
var LetterRoleChanged = newLetter("role_changed", LetterSpec{order: 430})

// actRoleSet has an act for each role.
var actRoleSet = map[Role]Act{
	RoleUser:  newAct("role_set_to_user", "An operator or administrator gave an account the role USER."),
	RoleStaff: newAct("role_set_to_staff", "An operator or administrator gave an account the role STAFF."),
	RoleAdmin: newAct("role_set_to_admin", "An operator or administrator gave an account the role ADMIN."),
}

// SetRole gives the user with an address or an id a role, ends the logins that wait for a second factor and the sessions in
// which the user acts as another or another as the user, and enqueues the notice. With a higher role no device is trusted
// any more, and the sessions end that began on one without a second factor. Which
// role a session has, and which factors that needs, is asked at each request. ErrNotFound if there is no such user. For an
// administrator: problems NOT_FOUND, LAST_ADMIN, and of the reason; errors of kind Forbidden for the own account, and of
// kind RateLimited.
func (s *Service) SetRole(ctx context.Context, actor Actor, name string, role Role) (*User, error) {
	return s.amendAccount(ctx, "set role", actor, name, actRoleSet[role], func(tx *tx, user *User) error {
		if tx.actor.isOn(user) {
			return notOneself("change their own role")
		}
		before := user.Role
		user.Role = role
		if role != before {
			if err := tx.enqueue(ctx, OutboxItem{Job: jobRoleChanged, UserID: user.ID, Recipient: user.Email.Canonical}); err != nil {
				return err
			}
		}
		if role != before && role.Includes(before) {
			if err := endTrust(ctx, tx, user.ID, noSession); err != nil {
				return err
			}
		}
		if err := tx.Administration().EndImpersonations(ctx, user.ID); err != nil {
			return err
		}
		return tx.DeleteLoginChallenges(ctx, user.ID) // what they asked for was for the role before
	})
}
