package auth

// Kinds of events.
var (
	eventSignedUp   = newEvent("user.signed_up", "An account was made by its user: at the end of a sign-up, when its address was confirmed if that is mandatory.")
	eventCreated    = newEvent("user.created", "An account was made by an operator or administrator. What an import makes, it tells whoever runs it.")
	eventConfirmed  = newEvent("user.confirmed", "The email address of an account was confirmed.")
	eventInvited    = newEvent("user.invited", "Somebody was invited. `userId` is who invited; null: an operator.")
	eventDisabled   = newEvent("user.disabled", "An account was disabled, which ended its sessions.")
	eventEnabled    = newEvent("user.enabled", "An account that was disabled or deleted was enabled.")
	eventDeleted    = newEvent("user.deleted", "An account was deleted: nobody can sign in to it. It may come back until it is erased.")
	eventErased     = newEvent("user.erased", "Everything that was known of a user was erased for good: erase what you have of them.")
	eventRole       = newEvent("user.role_changed", "An account was given another role.")
	eventProfile    = newEvent("user.profile_updated", "The name, the username or the profile of a user was changed.")
	eventEmail      = newEvent("user.email_changed", "The email address of an account was changed, or a change was undone.")
	eventPassword   = newEvent("user.password_changed", "The password of an account was changed, reset or set by an operator, which ended other sessions.")
	eventFactor     = newEvent("user.factor_added", "An authenticator app or a passkey was added to an account.")
	eventLessFactor = newEvent("user.factor_removed", "An authenticator app, a passkey or all second factors were removed from an account.")
	eventIdentity   = newEvent("user.identity_connected", "An account at a provider was connected, with which the user can sign in.")
	eventNoIdentity = newEvent("user.identity_disconnected", "An account at a provider was disconnected, or all were removed.")
	eventSignedIn   = newSessionEvent("user.signed_in", "A session began.")
	eventActing     = newSessionEvent("user.impersonated", "A session began in which an administrator acts as the user.")
	eventSignedOut  = newSessionEvent("user.signed_out", "A session was ended by signing out, or by signing in anew in the same browser.")
	eventAllEnded   = newEvent("user.sessions_ended", "The sessions of an account were ended together, by its user or by an administrator. The one in which a user asked for it may live on.")
	eventRevoked    = newSessionEvent("session.revoked", "A session was ended from another one, by a backend, or because there were too many.")
	eventReused     = newSessionEvent("refresh.reused", "A refresh token was used a second time, so somebody may have a copy of it. Its session was ended.")
)

// eventOfAct says which event an act is told as. Every act is here or in actsWithoutEvent.
var eventOfAct = map[Act]EventKind{
	actSignedUp:             eventSignedUp,
	actAccountCreated:       eventCreated,
	actEmailConfirmed:       eventConfirmed,
	actUserInvited:          eventInvited,
	actAccountDisabled:      eventDisabled,
	actAccountEnabled:       eventEnabled,
	actAccountDeleted:       eventDeleted,
	actRoleSet[RoleUser]:    eventRole,
	actRoleSet[RoleStaff]:   eventRole,
	actRoleSet[RoleAdmin]:   eventRole,
	actProfileUpdated:       eventProfile,
	actUsernameChanged:      eventProfile,
	actEmailChanged:         eventEmail,
	actEmailChangeUndone:    eventEmail,
	actPasswordChanged:      eventPassword,
	actPasswordReset:        eventPassword,
	actPasswordSet:          eventPassword,
	actTOTPAdded:            eventFactor,
	actPasskeyAdded:         eventFactor,
	actTOTPRemoved:          eventLessFactor,
	actPasskeyRemoved:       eventLessFactor,
	actSecondFactorsRemoved: eventLessFactor,
	actIdentityConnected:    eventIdentity,
	actIdentityDisconnected: eventNoIdentity,
	actIdentitiesRemoved:    eventNoIdentity,
	actLoggedIn:             eventSignedIn,
	actLoggedInByCode:       eventSignedIn,
	actLoggedInByPasskey:    eventSignedIn,
	actLoggedInByProvider:   eventSignedIn,
	actLoginCompleted:       eventSignedIn,
	actInvitationAccepted:   eventSignedIn,
	actImpersonated:         eventActing,
	actLoggedOut:            eventSignedOut,
	actSessionsEnded:        eventAllEnded,
	actUserSessionsEnded:    eventAllEnded,
	actSessionRevoked:       eventRevoked,
	actSessionEvicted:       eventRevoked,
	actTokenRevoked:         eventRevoked,
	actRefreshReused:        eventReused,
}

// eventsOfRefusals are the acts whose refusal is what is told.
var eventsOfRefusals = []Act{actRefreshReused}

// Why an act is told as no event.
const (
	onlyAsked    = "something was asked for, and has not happened yet"
	onlyOfServer = "it is about the server, and about no account"
	onlySecurity = "it changes nothing that others know of the account; the audit trail has it"
	toldApart    = "it is told where it happens"
	toldByImport = "an import tells whoever runs it, and would be too many at once"
)

// actsWithoutEvent are the acts that are told as no event, and why.
var actsWithoutEvent = map[Act]string{
	actConfirmationRequested: onlyAsked,
	actEmailChangeRequested:  onlyAsked,
	actResetRequested:        onlyAsked,
	actResetSent:             onlyAsked,
	actCodeRequested:         onlyAsked,
	actLoginChallenged:       onlyAsked,
	actInvitationWithdrawn:   onlyAsked,

	actAPIClientCreated: onlyOfServer,
	actAPIClientDeleted: onlyOfServer,
	actKeyMade:          onlyOfServer,
	actKeysRemoved:      onlyOfServer,
	actKeysVoided:       onlyOfServer,
	actAccountsExported: onlyOfServer,
	actMailDropped:      onlyOfServer,
	actEmailWithheld:    onlyOfServer,

	actDataExported:         onlySecurity,
	actReauthenticated:      onlySecurity,
	actBasic:                onlySecurity,
	actTOTPLocked:           onlySecurity,
	actCodesLocked:          onlySecurity,
	actRecoveryCodesCreated: onlySecurity,
	actRecoveryCodeUsed:     onlySecurity,
	actPasskeyRenamed:       onlySecurity,
	actPasskeyBackupChanged: onlySecurity,
	actPasskeyCloned:        onlySecurity,
	actDeviceTrusted:        onlySecurity,
	actTrustedDeviceRemoved: onlySecurity,

	actAccountErased: toldApart,

	actAccountImported:      toldByImport,
	actAccountImportedAnew:  toldByImport,
	actAccountTakenByImport: toldByImport,
}
