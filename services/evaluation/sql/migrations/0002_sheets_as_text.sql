-- A sheet keeps the position of each criterion as one character instead of a list of numbers.

UPDATE subject SET version = version + 1, state = jsonb_set(state::jsonb, '{dossier,sessions}', (
    SELECT jsonb_agg(session || jsonb_build_object('sheets', (
        SELECT coalesce(jsonb_agg(sheet || jsonb_build_object('positions', (
            SELECT string_agg(chr(ascii('0') + position::integer), '' ORDER BY place)
            FROM jsonb_array_elements_text(sheet -> 'positions') WITH ORDINALITY AS given (position, place)
        )) ORDER BY handed_in), '[]')
        FROM jsonb_array_elements(session -> 'sheets') WITH ORDINALITY AS sheets (sheet, handed_in)
    )) ORDER BY seated)
    FROM jsonb_array_elements(state::jsonb #> '{dossier,sessions}') WITH ORDINALITY AS sessions (session, seated)
))
WHERE jsonb_path_exists(state::jsonb, 'strict $.dossier.sessions[*].sheets[*].positions[*]', silent => true);
