package importer

// Firebase is the JSON of `firebase auth:export`. Its hashes need the parameters that the console shows.
var Firebase = newFormat("firebase", tableFormat("users", func(e *export, to *Row, c row) {
	u := to.User
	u.ExternalID = text1(c, "localId")
	u.Email, u.EmailVerified = text1(c, "email"), isTrue(c, "emailVerified")
	u.Name, u.CreatedAt, u.Disabled = text1(c, "displayName"), at(c, "createdAt"), isTrue(c, "disabled")
	if hash := text1(c, "passwordHash"); hash != "" {
		if project, ok := e.options.Hashes.firebase(); ok {
			to.hash(project.Parse(text1(c, "salt"), hash))
		} else {
			to.note("password", causeNoPassword+"its hash needs the hash parameters of the project, see --hash-config.")
		}
	}
	for _, item := range asList(c["providerUserInfo"]) {
		i, ok := asObject(item)
		switch id := text1(i, "providerId"); {
		case !ok || id == "password":
		case id == "phone":
			to.note("identities", "A phone number was left out: there is no sign-in by phone here.")
		default:
			to.identity(id, text1(i, "rawId"), text1(i, "email"))
		}
	}
	if len(asList(c["mfaInfo"])) > 0 {
		to.note("totpSecret", "The second factors were left out: the export has no secrets of them.")
	}
}))
