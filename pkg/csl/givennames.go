package csl

import "strings"

// plainPeriods replaces periods by spaces.
func plainPeriods(s string) string {
	if !strings.Contains(s, ".") && !strings.Contains(s, "  ") {
		return strings.TrimRight(s, " ")
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(s, ".", " ")), " ")
}

// dropLowerSuffix drops words in lower case at the end of a given name.
func dropLowerSuffix(s string) string {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 || strings.Contains(s[i+1:], ",") {
		return s
	}
	if last := s[i+1:]; last == "" || last != strings.ToLower(last) {
		return s
	}
	return strings.TrimRight(s[:i], ",!")
}

// disambiguate finds how fully each name of a list is shown, and registers the
// names.
func (r *namesRun) disambiguate(l *nameList) {
	c := r.c
	if c.settings == nil || c.registry == nil {
		return
	}
	rule := c.program.givenRule
	primary := strings.HasPrefix(rule, "primary-name")
	for i := range l.people {
		p := &l.people[i]
		if p.given == "" && p.family == "" {
			continue
		}
		keys := c.registry.keys(c.program, c.work, l.variable, i)
		if !primary || i == 0 {
			c.registry.names.add(keys)
		}
		floor := r.nameLevel(keys, i, 0)
		if !c.settings.hasGiven(l.pos, i) && c.sortKey == nil {
			c.settings.setGiven(l.pos, i, floor)
		}
		level := floor
		if c.requested {
			level = c.settings.given(l.pos, i)
			if level == levelInitials && rule == "by-cite" && (r.options.initializeWith == nil || p.given == "") {
				level = levelFull
			}
			if c.program.addGiven && p.given != "" {
				level = r.nameLevel(keys, i, level)
			}
		}
		if !c.looking && c.cite != nil && c.cite.position == PositionFirst {
			level = max(level, floor)
		}
		if c.sortKey == nil {
			c.settings.setGiven(l.pos, i, level)
		}
	}
}

// nameLevel is how fully a name must be shown to be told from others, at least
// as fully as asked.
func (r *namesRun) nameLevel(k nameKeys, i, asked int) int {
	c := r.c
	hasInitials := r.options.initializeWith != nil
	level := r.options.defaultLevel()
	f := c.registry.names.families[k.family]
	if f == nil || f.initials[k.initials] == nil {
		return level
	}
	rule := c.program.givenRule
	if rule == "by-cite" && level <= asked {
		return asked
	}
	if !c.program.addGiven || strings.HasPrefix(rule, "primary-name") && i > 0 {
		return level
	}
	if strings.HasSuffix(rule, "-with-initials") {
		level = levelFamily
		if len(f.initials) > 1 {
			level = levelInitials
		}
	} else {
		if len(f.initials) > 1 {
			level = levelInitials
		}
		if len(f.initials[k.initials]) > 1 || len(f.initials) > 1 && !hasInitials {
			level = levelFull
		}
	}
	return level
}
