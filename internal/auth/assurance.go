package auth

import "slices"

// Values of the claim acr: how many factors were proved in the session.
const (
	acrOne = "urn:latchkey:1"
	acrTwo = "urn:latchkey:2"
)

// amrOf are the values of the claim amr for methods (RFC 8176). What that has no name for has one of ours: a code that
// was sent by email, an account elsewhere, a recovery code, an invitation. A method without a name is left out.
//
// A passkey is pop and user, possession of a key and somebody who was there, and not hwk or swk: without an attestation
// nobody can say whether its key is kept by hardware.
var amrOf = map[Method][]string{
	MethodPassword:     {"pwd"},
	MethodMailedCode:   {"email"},
	MethodPasskey:      {"pop", "user"},
	MethodProvider:     {"fed"},
	MethodTOTP:         {"otp"},
	MethodRecoveryCode: {"recovery"},
	MethodInvitation:   {"invitation"},
}

// ACR is the authentication context class reference of the session (OpenID Connect Core section 2).
func (s *Session) ACR() string {
	if s.Factors > 1 {
		return acrTwo
	}
	return acrOne
}

// AMR are the authentication methods references of the session, in the order in which they were proved, and mfa at
// the end if they were two factors. Never nil.
func (s *Session) AMR() []string {
	amr := []string{}
	for _, method := range s.Methods {
		for _, name := range amrOf[method] {
			if !slices.Contains(amr, name) {
				amr = append(amr, name)
			}
		}
	}
	if s.Factors > 1 {
		amr = append(amr, "mfa")
	}
	return amr
}
