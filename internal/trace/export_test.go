package trace

// NewComplaints lets tests complain by a clock of theirs.
var NewComplaints = newComplaints
