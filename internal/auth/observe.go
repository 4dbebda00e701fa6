package auth

// Observer is told what happens in the domain, to count it. It is told acts and outcomes, never
// whose: what it is given may be shown to anyone who watches the server. Its methods are called by many
// at once and must return at once.
type Observer interface {
	// Acted is called for each event of the audit trail once it is certain, after the transaction
	// that writes it; one that was undone or run again is told once or not at all. Act and
	// outcome are closed sets.
	Acted(act Act, outcome string)
	// Limited is called for each attempt that a limit refused, with the name of the limit, which is
	// a constant of the program.
	Limited(limit string)
}

// loginWays are the acts that are attempts to begin a session, and how each is done in one word. A
// feature that adds a way to log in adds its line here.
var loginWays = map[Act]string{actLoggedIn: "password", actLoggedInByCode: "code", actBasic: "basic"}

// LoginWay returns by which way an act is an attempt to log in, and "" if it is none.
func (a Act) LoginWay() string { return loginWays[a] }
