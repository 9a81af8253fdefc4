-- Files of projects: the conversations of a project are answered from them too.
CREATE TABLE project_files (
    project_id BLOB NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    file_id    BLOB NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    PRIMARY KEY (project_id, file_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX project_files_with ON project_files (file_id);
