package config

// exploration returns whether the schema may be asked for and whether there is a playground. The
// playground asks for the schema as every client does, so there is none without the other: it turns
// introspection on where nothing is said of that, and contradicts it where it is off.
func (r *resolver) exploration() (introspection, playground bool) {
	const variable = "LATCHKEY_PLAYGROUND"
	development := r.config.Mode == Development
	asked := r.boolean("LATCHKEY_INTROSPECTION", development)
	playground = r.boolean(variable, development && asked)
	if playground && !asked && r.given.Introspection != "" && !r.faulty("LATCHKEY_INTROSPECTION") {
		r.fault(variable, "needs the schema, which LATCHKEY_INTROSPECTION=false keeps back.",
			"Give LATCHKEY_INTROSPECTION=true, or leave it out, or do without the playground.")
		return asked, false
	}
	return asked || playground, playground
}
